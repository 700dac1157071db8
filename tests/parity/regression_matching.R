# Pairs of MatchIt on survival::rotterdam (hormonal treatment; ties by rounding the score).
# Run in this folder: Rscript regression_matching.R   (MatchIt 4.7.2: Debian's 4.5.1 ignores calipers)
suppressMessages({library(MatchIt); library(survival)})
stopifnot(packageVersion("MatchIt") == "4.7.2")
g17 <- function(x) sprintf("%.17g", x)
r <- rotterdam
d <- rbind(r[r$hormon == 1, ], r[r$hormon == 0, ][1:700, ])
d <- d[order(d$pid), ]; rownames(d) <- NULL
ps <- unname(fitted(glm(hormon ~ age + meno + size + grade + nodes + pgr + er, binomial, d)))
# Mahalanobis ties are broken by no rule that MatchIt documents: whole numbers are made distinct.
d$u <- d$age + (d$pid %% 97) / 1000; d$v <- d$nodes + (d$pid %% 89) / 1000; d$w <- log1p(d$pgr) + (d$pid %% 83) / 1000
write.csv(data.frame(treated = d$hormon, ps = g17(ps), meno = d$meno, grade = d$grade, u = g17(d$u), v = g17(d$v),
  w = g17(d$w)), "regression_matching_input.csv", row.names = FALSE, quote = FALSE)
f <- hormon ~ u + v + w
out <- NULL
add <- function(case, p, ...) {
  m <- suppressWarnings(matchit(f, d, method = "nearest", distance = p, std.caliper = FALSE, ...))
  mm <- m$match.matrix
  for (k in seq_len(ncol(mm))) {
    ok <- !is.na(mm[, k])
    out <<- rbind(out, data.frame(case = case, round = k, treated = as.integer(rownames(mm)[ok]),
                                  control = as.integer(mm[ok, k])))
  }
  w <<- rbind(w, data.frame(case = case, row = which(m$weights != 0), weight = g17(m$weights[m$weights != 0])))
}
w <- NULL
for (digits in c(17, 2)) {
  p <- if (digits == 17) ps else round(ps, 2)
  tag <- if (digits == 17) "ps" else "round2"
  for (o in c("largest", "smallest", "data", "closest")) {
    add(paste("order", o, tag), p, m.order = o, caliper = 0.02)
    add(paste("ratio2", o, tag), p, m.order = o, caliper = 0.05, ratio = 2)
    add(paste("exact", o, tag), p, m.order = o, caliper = 0.05, exact = ~ meno + grade)
  }
  add(paste("replace", tag), p, caliper = 0.02, replace = TRUE)
  add(paste("nocaliper", tag), p)
}
add("replace2 ps", ps, caliper = 0.05, replace = TRUE, ratio = 2)
for (o in c("largest", "data", "closest"))
  add(paste("mahalanobis", o, "ps"), ps, m.order = o, caliper = 0.05, mahvars = ~ u + v + w)
write.csv(out, "regression_matching_pairs.csv", row.names = FALSE, quote = FALSE)
write.csv(w[grepl("replace|ratio2 largest", w$case), ], "regression_matching_weights.csv", row.names = FALSE, quote = FALSE)
cat(nrow(out), "pairs\n")
