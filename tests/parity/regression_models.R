# Expected values of ehrivig's regressions and tests on data sets that ship with R.
# Run in this folder: Rscript regression_models.R     (R 4.2, MASS, boot, survival, sandwich, metafor, mice)
# Each case holds the data that were used and the numbers; nothing is rounded.
suppressMessages({library(MASS); library(boot); library(survival); library(sandwich); library(jsonlite)})
options(digits = 17)
out <- list()
tight <- list(epsilon = 1e-15, maxit = 100)

# ---- logistic regression: coefficients, variances, profile intervals by an exact root
# The weights that glm leaves behind are those of its last but one step: the information is taken anew.
information <- function(g) { X <- model.matrix(g); p <- plogis(drop(X %*% coef(g))); solve(crossprod(X, X * p * (1 - p))) }
profile_root <- function(X, y, g, j, level = 0.95) {
  b <- coef(g)[j]; se <- sqrt(information(g)[j, j]); d0 <- deviance(g)
  f <- function(v) { h <- glm.fit(X[, -j, drop = FALSE], y, offset = X[, j] * v, family = binomial(), control = tight); h$deviance - d0 - qchisq(level, 1) }
  c(uniroot(f, c(b - 12 * se, b), tol = 1e-13)$root, uniroot(f, c(b, b + 12 * se), tol = 1e-13)$root)
}
logistic_case <- function(name, y, X, cluster = NULL, profile = TRUE) {
  d <- data.frame(y = y, X); g <- do.call(glm, list(y ~ ., binomial, d, control = tight)); M <- model.matrix(g)
  # sandwich reads the stale weights of glm; one more step from the answer refreshes them
  g <- do.call(glm, list(y ~ ., binomial, d, control = list(epsilon = 1e-15, maxit = 1), start = coef(g)))
  r <- list(y = y, x = unname(as.list(as.data.frame(X))), names = colnames(X), coef = unname(coef(g)), se = unname(sqrt(diag(information(g)))),
    loglik = as.numeric(logLik(g)), loglik_null = -0.5 * g$null.deviance)
  for (k in c("HC0", "HC1", "HC2", "HC3")) r[[k]] <- unname(sqrt(diag(vcovHC(g, type = k))))
  if (!is.null(cluster)) { r$cluster <- cluster; r$se_cluster <- unname(sqrt(diag(vcovCL(g, cluster = cluster, type = "HC1")))) }
  if (profile) r$profile <- t(sapply(seq_along(coef(g)), function(j) unname(profile_root(M, y, g, j))))
  r
}
w <- suppressWarnings
b <- birthwt
out$logistic <- w(list(
  birthwt = logistic_case("birthwt", b$low, cbind(age = b$age, lwt = b$lwt, black = as.numeric(b$race == 2), other = as.numeric(b$race == 3), smoke = b$smoke, ptl = b$ptl, ht = b$ht, ui = b$ui), cluster = b$age),
  pima = logistic_case("pima", as.numeric(Pima.tr$type == "Yes"), as.matrix(Pima.tr[, 1:7])),
  nodal = logistic_case("nodal", nodal$r, as.matrix(sapply(nodal[, c("aged", "stage", "grade", "xray", "acid")], function(v) as.numeric(as.character(v))))),
  remission = logistic_case("remission", remission$r, cbind(LI = remission$LI)),
  melanoma = logistic_case("melanoma", as.numeric(boot::melanoma$status == 1), as.matrix(boot::melanoma[, c("sex", "age", "thickness", "ulcer")])),
  bacteria = logistic_case("bacteria", as.numeric(bacteria$y == "y"), cbind(drug = as.numeric(bacteria$trt != "placebo"), week = bacteria$week), cluster = as.integer(bacteria$ID)),
  channing = logistic_case("channing", boot::channing$cens, cbind(male = as.numeric(boot::channing$sex == "Male"), entry = boot::channing$entry)),
  veteran = logistic_case("veteran", as.numeric(veteran$time < 100), cbind(trt = veteran$trt, karno = veteran$karno, age = veteran$age, prior = veteran$prior)),
  pbc = logistic_case("pbc", as.numeric(pbc$status[1:312] == 2), cbind(age = pbc$age[1:312], bili = log(pbc$bili[1:312]), albumin = pbc$albumin[1:312], edema = pbc$edema[1:312]))))

# ---- sampling weights: quasibinomial
set.seed(1); sw <- round(runif(nrow(b), 0.2, 3), 3)
g <- w(glm(low ~ smoke + lwt, quasibinomial, b, weights = sw, control = tight))
out$weighted <- list(y = b$low, x = list(b$smoke, b$lwt), weights = sw, coef = unname(coef(g)), se_quasi = unname(sqrt(diag(vcov(g)))), HC0 = unname(sqrt(diag(vcovHC(g, type = "HC0")))))

# ---- Firth: the penalised likelihood maximised by brute force
firth <- function(X, y) {
  pl <- function(b) { p <- plogis(drop(X %*% b)); sum(ifelse(y == 1, log(p), log1p(-p))) + 0.5 * determinant(crossprod(X, X * p * (1 - p)))$modulus[1] }
  best <- function(start, f) { o <- list(par = start); for (i in 1:30) o <- optim(o$par, f, method = if (i %% 2) "Nelder-Mead" else "BFGS", control = list(fnscale = -1, reltol = 1e-16, maxit = 5000)); o }
  o <- best(rep(0, ncol(X)), pl); p <- plogis(drop(X %*% o$par)); se <- sqrt(diag(solve(crossprod(X, X * p * (1 - p)))))
  held <- function(j, v) best(o$par[-j], function(b) { full <- numeric(ncol(X)); full[j] <- v; full[-j] <- b; pl(full) })$value
  p_value <- sapply(seq_len(ncol(X)), function(j) pchisq(2 * (o$value - held(j, 0)), 1, lower.tail = FALSE))
  list(coef = o$par, se = se, loglik = o$value, p = p_value)
}
m <- mtcars; x8 <- as.numeric(m$cyl == 8)
out$firth <- c(list(y = m$vs, x = list(x8, as.numeric(scale(m$hp, scale = 50)))), firth(cbind(1, x8, as.numeric(scale(m$hp, scale = 50))), m$vs))

# ---- conditional logistic regression, exact
clogit_case <- function(y, X, s) {
  d <- data.frame(y = y, X, s = s)
  g <- clogit(as.formula(paste("y ~", paste(colnames(X), collapse = "+"), "+ strata(s)")), d, method = "exact", control = coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 50))
  list(y = y, x = unname(as.list(as.data.frame(X))), strata = s, coef = unname(coef(g)), se = unname(sqrt(diag(vcov(g)))), loglik = g$loglik)
}
i <- infert; k <- as.matrix(i[, c("spontaneous", "induced")])
pair <- !duplicated(paste(i$stratum, i$case))
out$conditional <- list(
  infert_1_2 = clogit_case(i$case, k, i$stratum),
  infert_1_1 = clogit_case(i$case[pair], k[pair, ], i$stratum[pair]),
  infert_2_4 = clogit_case(i$case, k, i$stratum %/% 2),
  birthwt_by_age = clogit_case(b$low, cbind(lwt = b$lwt, smoke = b$smoke, ht = b$ht), b$age))

# ---- contingency tables
tables <- list(
  job = matrix(c(1, 2, 1, 0, 3, 3, 6, 1, 10, 10, 14, 9, 6, 7, 12, 11), 4), tea = matrix(c(3, 1, 1, 3), 2),
  twins = matrix(c(2, 10, 15, 3), 2), race_ptl = unclass(table(b$race, pmin(b$ptl, 2))), admit = unclass(UCBAdmissions[, , 1]),
  treatment_y = unclass(table(bacteria$trt, bacteria$y)), large = matrix(c(158, 271, 166, 255), 2), wide = unclass(table(mtcars$cyl, mtcars$gear)),
  rare = matrix(c(0, 21, 3, 18), 2))
out$tables <- lapply(tables, function(t) { t <- matrix(t, nrow(t)); x <- w(chisq.test(t, correct = FALSE)); list(counts = t, chisq = unname(x$statistic), df = unname(x$parameter), p = x$p.value, fisher = fisher.test(t, workspace = 2e7)$p.value) })
mc <- function(a, b, c, d) { t <- matrix(c(a, c, b, d), 2); list(b = b, c = c, cc = mcnemar.test(t)$p.value, nocc = mcnemar.test(t, correct = FALSE)$p.value, exact = binom.test(b, b + c)$p.value) }
out$mcnemar <- list(mc(794, 86, 150, 570), mc(10, 3, 9, 20), mc(5, 0, 6, 4), mc(1, 4, 4, 9), mc(21, 88, 64, 153))

# ---- rank and t tests, ANCOVA, Hodges-Lehmann, quantiles
groups <- function(v, g) unname(split(v, g))
aq <- airquality[!is.na(airquality$Ozone), ]
kw <- function(v, g) list(samples = groups(v, g), h = unname(kruskal.test(v, g)$statistic), p = kruskal.test(v, g)$p.value)
out$kruskal <- list(airquality = kw(aq$Ozone, aq$Month), sprays = kw(InsectSprays$count, InsectSprays$spray), chickwts = kw(chickwts$weight, chickwts$feed), lwt = kw(b$lwt, b$low), ovarian = kw(ovarian$age, ovarian$rx))
tt <- function(x, y, ...) { r <- t.test(x, y, ...); list(x = x, y = y, t = unname(r$statistic), df = unname(r$parameter), p = r$p.value, ci = as.numeric(r$conf.int)) }
s1 <- sleep$extra[1:10]; s2 <- sleep$extra[11:20]
out$t <- list(welch = tt(s1, s2), student = tt(b$lwt[b$low == 1], b$lwt[b$low == 0], var.equal = TRUE), paired = tt(s1, s2, paired = TRUE))
a <- anorexia[anorexia$Treat != "CBT", ]; l <- lm(Postwt ~ I(Treat == "FT") + Prewt, a); sl <- summary(l)$coefficients[2, ]
out$ancova <- list(outcome = a$Postwt, baseline = a$Prewt, exposed = as.numeric(a$Treat == "FT"), estimate = unname(sl[1]), se = unname(sl[2]), p = unname(sl[4]), ci = unname(confint(l)[2, ]))
hl <- function(x, y) { r <- wilcox.test(x, y, paired = TRUE, conf.int = TRUE, exact = TRUE); list(x = x, y = y, shift = unname(r$estimate), ci = as.numeric(r$conf.int)) }
x <- c(1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30); y <- c(0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29)
out$hodges_lehmann <- list(depression = hl(x, y))
probs <- c(0, 0.1, 0.25, 0.5, 0.75, 0.9, 1)
out$quantiles <- list(values = aq$Ozone, probabilities = probs, types = lapply(1:9, function(k) unname(quantile(aq$Ozone, probs, type = k))))

# ---- multiplicity, Rubin's rules, the null of negative controls (a normal random-effects model by ML)
p <- c(0.011, 0.2, 0.035, 0.5, 0.0004, 0.035, 0.98)
out$multiplicity <- list(p = p, holm = p.adjust(p, "holm"), bh = p.adjust(p, "BH"))
q <- c(0.52, 0.31, 0.44, 0.6, 0.38); u <- c(0.21, 0.24, 0.2, 0.26, 0.22)
ps <- mice::pool.scalar(q, u^2, n = 100, k = 6); pi <- mice::pool.scalar(q, u^2)
out$rubin <- list(estimates = q, se = u, df_complete = 94, df = ps$df, total = ps$t, fmi = ps$fmi, df_large = pi$df)
nc <- as.numeric(log(c(1.2, 0.9, 1.4, 1.05, 0.8, 1.6, 1.15, 1.3, 1.01, 0.95))); ns <- c(0.1, 0.2, 0.15, 0.12, 0.3, 0.2, 0.1, 0.25, 0.18, 0.09)
rm <- suppressMessages(metafor::rma(nc, sei = ns, method = "ML", control = list(threshold = 1e-14, maxiter = 10000)))
out$null <- list(log_ratio = nc, se = ns, mean = as.numeric(rm$beta), sd = sqrt(rm$tau2), loglik = as.numeric(logLik(rm)))

# ---- marginal effects: g-computation by the delta method, AIPW by its formula
X <- cbind(age = b$age, lwt = b$lwt, ht = b$ht, ui = b$ui); arm <- b$smoke
g <- glm(b$low ~ arm + X, binomial, control = tight); V <- information(g)
D <- function(v) cbind(1, v, X); pr <- function(v) plogis(drop(D(v) %*% coef(g)))
r1 <- mean(pr(1)); r0 <- mean(pr(0)); J <- rbind(colMeans(pr(1) * (1 - pr(1)) * D(1)), colMeans(pr(0) * (1 - pr(0)) * D(0))); C <- J %*% V %*% t(J)
ate <- function(gr) sqrt(drop(gr %*% C %*% gr))
e <- fitted(glm(arm ~ X, binomial, control = tight))
f1 <- glm(b$low[arm == 1] ~ X[arm == 1, ], binomial, control = tight); f0 <- glm(b$low[arm == 0] ~ X[arm == 0, ], binomial, control = tight)
m1 <- plogis(drop(cbind(1, X) %*% coef(f1))); m0 <- plogis(drop(cbind(1, X) %*% coef(f0)))
phi1 <- m1 + arm * (b$low - m1) / e; phi0 <- m0 + (1 - arm) * (b$low - m0) / (1 - e); n <- length(e)
out$marginal <- list(y = b$low, exposed = arm, x = unname(as.list(as.data.frame(X))), r1 = r1, r0 = r0, se_rd = ate(c(1, -1)), se_log_rr = ate(c(1 / r1, -1 / r0)), se_log_or = ate(c(1 / (r1 * (1 - r1)), -1 / (r0 * (1 - r0)))),
  aipw_r1 = mean(phi1), aipw_r0 = mean(phi0), aipw_se_rd = sqrt(sum((phi1 - phi0 - mean(phi1 - phi0))^2)) / n)

# ---- interaction: likelihood ratio and Wald
big <- glm(low ~ smoke * factor(race) + lwt, binomial, b, control = tight); small <- glm(low ~ smoke + factor(race) + lwt, binomial, b, control = tight)
wi <- grep("smoke:", names(coef(big))); wald <- drop(coef(big)[wi] %*% solve(information(big)[wi, wi]) %*% coef(big)[wi])
out$interaction <- list(y = b$low, exposed = b$smoke, subgroup = b$race, x = b$lwt, lr = deviance(small) - deviance(big), df = length(wi), wald = wald,
  or = unname(exp(c(coef(big)["smoke"], coef(big)["smoke"] + coef(big)[wi]))))

# ---- entropy balancing: the dual by optim, and the weights it gives
z <- scale(X); target <- colMeans(z[arm == 1, ]); zc <- sweep(z[arm == 0, ], 2, target)
dual <- function(l) log(sum(exp(zc %*% l))); o <- list(par = rep(0, 4)); for (k in 1:20) o <- optim(o$par, dual, function(l) { v <- exp(zc %*% l); colSums(zc * drop(v)) / sum(v) }, method = "BFGS", control = list(reltol = 1e-17, maxit = 1000))
ew <- drop(exp(zc %*% o$par)); out$entropy <- list(weight = ew / sum(ew) * sum(arm == 1))
write_json(out, "regression_models.json", digits = NA, auto_unbox = TRUE)
cat(length(out), "groups\n")
