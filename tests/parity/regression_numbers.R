# Medians and their rank-score test (quantreg), ratios of means (MASS), GEE (gee) and a mixed model (nlme), on mtcars and
# Pixel of R's own packages, and on MASS's bacteria. The sandwich of the negative binomial is written
# out: MASS's own takes the expected information.
# Run: Rscript tests/parity/regression_numbers.R  (writes regression_numbers.json beside this file)
suppressMessages({library(quantreg); library(MASS); library(gee); library(nlme); library(jsonlite)})
args <- commandArgs(FALSE)
here <- dirname(sub("^--file=", "", args[grep("^--file=", args)]))

m <- mtcars
told <- function(coef, se) list(coef = unname(coef)[-1], se = unname(se)[-1])

# the median, its rank-score test, and the differences that the test does not reject
n <- nrow(m)
rank_z <- function(d, group) {
  moved <- m$qsec - d * m$am  # the null fit is its median
  u <- moved - median(moved)
  s <- rowsum((m$am - mean(m$am)) * ifelse(abs(u) < 1e-9, 0, sign(u)), group)
  sum(s) / sqrt(sum(s^2))
}
medians <- function(group) {
  at <- diff(tapply(m$qsec, m$am, median))
  last <- function(side) {
    far <- 0.01
    while (abs(rank_z(at + side * far, group)) < qnorm(0.975)) far <- 2 * far
    edge <- c(0, far)
    for (k in 1:60) {
      mid <- mean(edge)
      edge <- if (abs(rank_z(at + side * mid, group)) < qnorm(0.975)) c(mid, edge[2]) else c(edge[1], mid)
    }
    at + side * edge[2]
  }
  list(estimate = unname(at), lo = unname(last(-1)), hi = unname(last(1)),
       p = 2 * pnorm(-abs(rank_z(0, group))))
}
rq1 <- rq(qsec ~ am, tau = 0.5, data = m)
stopifnot(abs(coef(rq1)[2] - medians(seq_len(n))$estimate) < 0.3)  # of an even arm any in between
median_rows <- medians(seq_len(n)); median_cluster <- medians(m$carb)

# the ratio of means
nb <- suppressWarnings(glm.nb(hp ~ am + wt, data = m, control = glm.control(epsilon = 1e-14, maxit = 100)))
X <- model.matrix(nb); mu <- fitted(nb); a <- 1 / nb$theta; y <- m$hp
U <- X * ((y - mu) / (1 + a * mu)); B <- solve(t(X) %*% (X * (mu * (1 + a * y) / (1 + a * mu)^2)))
S <- rowsum(U, m$carb); G <- nrow(S)
ratio <- c(told(coef(nb), sqrt(diag(B %*% crossprod(U) %*% B))), alpha = a)
ratio_cluster <- told(coef(nb), sqrt(G / (G - 1) * (n - 1) / (n - 3) * diag(B %*% crossprod(S) %*% B)))
few <- glm(carb ~ am + wt, poisson, m, epsilon = 1e-14)  # less spread than Poisson's: alpha 0
X <- model.matrix(few); U <- X * (m$carb - fitted(few)); B <- solve(t(X) %*% (X * fitted(few)))
poisson <- told(coef(few), sqrt(diag(B %*% crossprod(U) %*% B)))

# population averaged: the coefficients and the plain sandwich
b <- bacteria; b$event <- as.integer(b$y == "y"); b$active <- as.integer(b$ap == "a")
sink("/dev/null")
gg <- suppressMessages(gee(event ~ active + week, id = as.integer(ID), data = b, family = binomial,
                           corstr = "exchangeable", tol = 1e-12, maxiter = 200))
sink()
gee <- c(told(coef(gg), sqrt(diag(gg$robust.variance))), correlation = gg$working.correlation[1, 2])

# a mixed model
p <- as.data.frame(Pixel); p$right <- as.integer(p$Side == "R")
mm <- lme(pixel ~ right + day, random = ~ 1 | Dog, data = p, method = "REML",
          control = lmeControl(tolerance = 1e-12, msTol = 1e-13, msMaxIter = 500, niterEM = 200))
v <- as.numeric(VarCorr(mm)[, "Variance"])
mixed <- c(told(fixef(mm), sqrt(diag(vcov(mm)))), correlation = v[1] / sum(v))

of <- function(p) as.character(packageVersion(p))
out <- list(
  versions = list(R = R.version.string, quantreg = of("quantreg"), MASS = of("MASS"),
                  gee = of("gee"), nlme = of("nlme")),
  mtcars = m[c("qsec", "am", "hp", "wt", "carb")],
  bacteria = list(event = b$event, active = b$active, week = b$week, id = as.integer(b$ID)),
  pixel = list(pixel = p$pixel, right = p$right, day = p$day, dog = as.integer(p$Dog)),
  median = median_rows, median_cluster = median_cluster, ratio = ratio,
  ratio_cluster = ratio_cluster, poisson = poisson, gee = gee, mixed = mixed
)
write(toJSON(out, digits = NA, auto_unbox = TRUE, dataframe = "columns"),
      file.path(here, "regression_numbers.json"))
