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

# ---- covariates far from zero: temperature, sodium, pH
set.seed(3); n <- 140
d <- data.frame(temperature = round(rnorm(n, 37.4, 0.7), 1), sodium = round(rnorm(n, 139, 4)), ph = round(rnorm(n, 7.36, 0.06), 2), arm = rbinom(n, 1, 0.45))
d$y <- rbinom(n, 1, plogis(-0.8 + 0.6 * d$arm + 0.7 * (d$temperature - 37) - 0.08 * (d$sodium - 139) - 6 * (d$ph - 7.36)))
X <- as.matrix(d[, c("temperature", "sodium", "ph", "arm")])
Z <- cbind(1, scale(X)); s <- attr(scale(X), "scaled:scale")   # the same slopes, per standard deviation
g <- glm(d$y ~ Z[, -1], family = binomial(), control = tight)
root <- function(f, b, se) c(uniroot(f, c(b - 12 * se, b), tol = 1e-12)$root, uniroot(f, c(b, b + 12 * se), tol = 1e-12)$root)
profile <- sapply(1:4, function(j) { b <- coef(g)[j + 1]; se <- sqrt(vcov(g)[j + 1, j + 1])
  root(function(v) glm.fit(Z[, -(j + 1)], d$y, offset = Z[, j + 1] * v, family = binomial(), control = tight)$deviance - deviance(g) - qchisq(0.95, 1), b, se) / s[j] })
# Firth: brglm2 for the maximum; its profile by Newton steps of the penalised score on the same scale
firth <- glm(d$y ~ Z[, -1], family = binomial(), method = "brglmFit", type = "AS_mean", epsilon = 1e-12, maxit = 1000)
pl <- function(b) { p <- plogis(drop(Z %*% b)); sum(ifelse(d$y == 1, log(p), log1p(-p))) + 0.5 * determinant(crossprod(Z, Z * p * (1 - p)))$modulus[1] }
held <- function(j, v) { b <- coef(firth); b[j] <- v; free <- setdiff(seq_along(b), j)
  for (i in 1:200) { p <- plogis(drop(Z %*% b)); w <- p * (1 - p); I <- crossprod(Z, Z * w); h <- rowSums((Z %*% solve(I)) * Z) * w
    u <- drop(crossprod(Z, d$y - p + h * (0.5 - p)))[free]; step <- solve(I[free, free], u); b[free] <- b[free] + step; if (max(abs(step)) < 1e-12) break }
  pl(b) }
top <- pl(coef(firth)); se <- sqrt(diag(vcov(firth)))
penalised <- sapply(1:4, function(j) root(function(v) 2 * (top - held(j + 1, v)) - qchisq(0.95, 1), coef(firth)[j + 1], se[j + 1]) / s[j])
out$far <- list(y = d$y, x = unname(as.list(as.data.frame(X))), names = colnames(X), profile = t(profile),
  coef = unname(coef(firth)[-1] / s), se = unname(se[-1] / s), penalised = t(penalised),
  p = sapply(1:4, function(j) pchisq(2 * (top - held(j + 1, 0)), 1, lower.tail = FALSE)))

# ---- conditional logit in two large strata
colon2 <- colon[colon$etype == 2 & !is.na(colon$nodes), ]
f <- clogit(status ~ age + nodes + strata(sex), colon2, method = "exact")
out$large_strata <- list(y = colon2$status, x = list(colon2$age, colon2$nodes), strata = colon2$sex, coef = unname(coef(f)), se = unname(sqrt(diag(vcov(f)))), loglik = f$loglik)

# ---- Hartung-Knapp with studies that agree: the factor at least 1
studies <- list(yi = log(c(0.8, 0.8)), vi = c(0.04, 0.09)); near <- list(yi = log(c(0.75, 0.82, 0.79, 0.84)), vi = c(0.03, 0.05, 0.02, 0.08))
out$knapp <- lapply(list(studies, near), function(e) { m <- rma(e$yi, e$vi, method = "REML", test = "adhoc"); list(y = e$yi, v = e$vi, theta = c(m$beta), se = m$se, lo = m$ci.lb, hi = m$ci.ub, p = m$pval) })

# ---- left truncation: Fine-Gray of the clearance kind, entry after the origin, no ties (finegray + coxph)
set.seed(8); n <- 150
e <- round(runif(n, 0, 6), 6); t <- e + round(rexp(n, 0.1), 6) + 0.1; st <- sample(0:2, n, TRUE, c(0.2, 0.5, 0.3)); arm <- rbinom(n, 1, 0.5)
k <- data.frame(id = seq_len(n), e, t, st = factor(st, 0:2), arm)
w <- finegray(Surv(e, t, st) ~ arm + id, k, id = id, etype = 1)
m <- coxph(Surv(fgstart, fgstop, fgstatus) ~ arm, w, weights = fgwt, ties = "breslow", robust = TRUE, cluster = id)
out$late_entry <- list(time = t, status = st, entry = e, arm = arm, coef = unname(coef(m)), se = sqrt(m$var[1, 1]))

# ---- the usual tests of a printed table
tests <- function(a, b, c, d) { m <- matrix(c(a, c, b, d), 2); x <- rep(1:0, c(a, b)); z <- rep(1:0, c(c, d)); f <- fisher.test(m)$p.value
  g <- glm(cbind(c(a, c), c(b, d)) ~ c(1, 0), family = binomial(), control = tight)
  list(cells = c(a, b, c, d), Pearson = chisq.test(m, correct = FALSE)$p.value, Yates = chisq.test(m)$p.value, Fisher = f, `mid-p` = f - 0.5 * dhyper(a, a + b, c + d, a + c),
    `likelihood ratio` = anova(g, test = "LRT")[2, 5], `Wald of the odds ratio` = summary(g)$coefficients[2, 4], `Student t` = t.test(x, z, var.equal = TRUE)$p.value, `Welch t` = t.test(x, z)$p.value,
    `N - 1 chi-square (Wilcoxon, log-rank)` = wilcox.test(x, z, exact = FALSE, correct = FALSE)$p.value) }
out$usual <- suppressWarnings(list(tests(30, 70, 45, 55), tests(8, 2, 1, 5), tests(3, 97, 9, 88), tests(60, 140, 41, 160)))

write_json(out, "edge_cases.json", digits = NA, auto_unbox = TRUE)
