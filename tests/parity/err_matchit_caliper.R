# Debian's MatchIt 4.5.1 takes the absolute value of a distance as a whole number, so every distance
# below 1 is 0 and no caliper on a probability is kept. Writes the pairs that it makes.
suppressMessages({library(MatchIt); library(jsonlite)})
stopifnot(packageVersion("MatchIt") == "4.5.1")
score <- c(0.10, 0.30, 0.50, 0.70, 0.90, 0.11, 0.35, 0.36, 0.80, 0.85)
treated <- rep(1:0, each = 5)
m <- suppressWarnings(matchit(treated ~ score, data.frame(treated, score), distance = score,
                              caliper = 0.02, std.caliper = FALSE, m.order = "largest"))
control <- as.integer(m$match.matrix[, 1])
write_json(list(versions = list(MatchIt = as.character(packageVersion("MatchIt"))), score = score,
                treated = treated, caliper = 0.02, control = control),
           "err_matchit_caliper.json", digits = I(17), auto_unbox = TRUE, na = "null")
