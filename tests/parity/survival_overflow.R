# cmprsk multiplies 32-bit integers (events at one time x number at risk) in Gray's test. The data
# follow from the row number, so only R's answer is stored. 60,000 rows are safe, 300,000 are not.
suppressMessages({library(cmprsk); library(jsonlite)})
draw <- function(n) { i <- seq_len(n) - 1; u <- (i * 7919) %% 10007
  list(time = 1 + (u %% 4), status = (u %/% 4) %% 3, group = (i + (u %% 5 == 0)) %% 2) }
gray <- function(n) { d <- draw(n); q <- cuminc(d$time, d$status, d$group)$Tests
  list(n = n, stat = unname(q[, "stat"]), p_printed = unname(q[, "pv"])) }
write_json(list(versions = list(R = R.version.string, cmprsk = as.character(packageVersion("cmprsk"))),
                runs = list(gray(6e4), gray(3e5))), "overflow_gray.json", digits = I(17), auto_unbox = TRUE)
