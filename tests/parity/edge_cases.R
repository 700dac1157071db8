# Expected values at the edges: zero cells, covariates far from zero, large strata, few studies,
# late entry. Run in this folder: Rscript edge_cases.R
# (R 4.2, survival, boot, sandwich, clubSandwich, brglm2, metafor, jsonlite)
suppressMessages({library(survival); library(boot); library(metafor); library(brglm2); library(jsonlite)})
options(digits = 17)
out <- list()
tight <- list(epsilon = 1e-15, maxit = 200)

# ---- pairs: the score limits of the difference, the discordance by brute maximum likelihood
score <- function(b, c, n, delta) {
  f <- function(q) (if (b) b * log(q + delta) else 0) + (if (c) c * log(q) else 0) +
    (if (n > b + c) (n - b - c) * log(1 - 2 * q - delta) else 0)
  lo <- max(0, -delta); hi <- (1 - delta) / 2
  q <- optimize(f, c(lo, hi), maximum = TRUE, tol = 1e-14)$maximum
  (b - c - n * delta) / sqrt(n * (2 * q + delta - delta^2))
}
limits <- function(b, c, n, level = 0.95) {
  z <- qnorm(0.5 + level / 2); end <- 1 - 1e-9; e <- (b - c) / n; e1 <- max(-end, min(end, e))
  up <- if (e < 1) uniroot(function(d) score(b, c, n, d) + z, c(e1, end), tol = 1e-13)$root else 1
  down <- if (e > -1) uniroot(function(d) score(b, c, n, d) - z, c(-end, e1), tol = 1e-13)$root else -1
  c(down, up)
}
pairs <- list(c(0, 0, 6), c(2, 7, 22), c(0, 5, 30), c(8, 0, 8), c(0, 12, 12), c(20, 40, 160), c(1, 0, 44), c(13, 9, 25), c(3, 3, 100), c(120, 80, 1000))
out$pairs <- lapply(pairs, function(p) list(b = p[1], c = p[2], n = p[3], limits = limits(p[1], p[2], p[3]),
  p = if (p[1] + p[2]) mcnemar.test(matrix(c(0, p[1], p[2], p[3]), 2), correct = FALSE)$p.value else 1))

write_json(out, "edge_cases.json", digits = NA, auto_unbox = TRUE)
