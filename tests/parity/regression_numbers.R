# Medians (quantreg), ratios of means (MASS), GEE (gee) and a mixed model (nlme), on mtcars and
# Pixel of R's own packages, and on MASS's bacteria. The sandwich of the negative binomial is written
# out: MASS's own takes the expected information.
# Run: Rscript tests/parity/regression_numbers.R  (writes regression_numbers.json beside this file)
suppressMessages({library(quantreg); library(MASS); library(gee); library(nlme); library(jsonlite)})
args <- commandArgs(FALSE)
here <- dirname(sub("^--file=", "", args[grep("^--file=", args)]))

m <- mtcars
told <- function(coef, se) list(coef = unname(coef)[-1], se = unname(se)[-1])

# the median, with Powell's kernel sandwich and its clustered form (Parente & Santos Silva 2016)
rq1 <- rq(qsec ~ am + hp + wt, tau = 0.5, data = m)
ker <- summary(rq1, se = "ker", covariance = TRUE)
median_ker <- told(coef(rq1), sqrt(diag(ker$cov)))
n <- nrow(m); h <- bandwidth.rq(0.5, n, hs = TRUE)
u <- resid(rq1)
h <- (qnorm(0.5 + h) - qnorm(0.5 - h)) * min(sqrt(var(u)), (quantile(u, .75) - quantile(u, .25)) / 1.34)
X <- model.matrix(~ am + hp + wt, m); f <- dnorm(u / h) / h; A <- solve(t(X) %*% (X * f))
side <- ifelse(abs(u) < 1e-5 * sd(m$qsec), 0, sign(u) / 2)
S <- rowsum(X * side, m$carb)
median_cluster <- told(coef(rq1), sqrt(diag(A %*% crossprod(S) %*% A)))

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
  median = median_ker, median_cluster = median_cluster, ratio = ratio,
  ratio_cluster = ratio_cluster, poisson = poisson, gee = gee, mixed = mixed
)
write(toJSON(out, digits = NA, auto_unbox = TRUE, dataframe = "columns"),
      file.path(here, "regression_numbers.json"))
