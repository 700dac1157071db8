# Evidence synthesis by the metafor package, over data sets that ship with it (metadat).
# Run: Rscript tests/parity/meta_pool.R   (writes meta_pool.json beside this file)
# Zero cells as in ehrivig: 0.5 only where a study has a zero, only for inverse variance;
# studies without an event in both arms (or with only events) are dropped for OR and RR.
suppressMessages({library(metafor); library(jsonlite)})
args <- commandArgs(FALSE)
here <- dirname(sub("^--file=", "", args[grep("^--file=", args)]))

# iterative estimators run until tau2 changes by less than 1e-11 of a typical sampling variance
tight <- function(vi) list(threshold = 1e-11 * median(vi, na.rm = TRUE), maxiter = 1e5, tol = 1e-15)

counts <- function(d, ai, n1i, ci, n2i) {
  out <- data.frame(events_treated = ai, n_treated = n1i, events_control = ci, n_control = n2i)
  out[complete.cases(out), ]
}
means <- function(d) {
  out <- data.frame(mean_treated = d$m1i, sd_treated = d$sd1i, n_treated = d$n1i,
                    mean_control = d$m2i, sd_control = d$sd2i, n_control = d$n2i)
  out[complete.cases(out), ]
}
estimates <- function(yi, vi, ratio) {
  z <- qnorm(.975)
  out <- data.frame(estimate = yi, lo = yi - z * sqrt(vi), hi = yi + z * sqrt(vi))
  if (ratio) exp(out) else out
}

b <- dat.bcg; y6 <- subset(dat.yusuf1985, table == 6); l5 <- dat.linde2005
tables <- list(
  bcg = counts(b, b$tpos, b$tpos + b$tneg, b$cpos, b$cpos + b$cneg),
  egger2001 = with(dat.egger2001, counts(NULL, ai, n1i, ci, n2i)),
  hahn2001 = with(dat.hahn2001, counts(NULL, ai, n1i, ci, n2i)),
  hine1989 = with(dat.hine1989, counts(NULL, ai, n1i, ci, n2i)),
  lau1992 = with(dat.lau1992, counts(NULL, ai, n1i, ci, n2i)),
  lee2004 = with(dat.lee2004, counts(NULL, ai, n1i, ci, n2i)),
  li2007 = with(dat.li2007, counts(NULL, ai, n1i, ci, n2i)),
  linde2005 = counts(NULL, l5$ai, l5$n1i, l5$ci, l5$n2i),
  nielweise2007 = with(dat.nielweise2007, counts(NULL, ai, n1i, ci, n2i)),
  yusuf1985 = counts(NULL, y6$ai, y6$n1i, y6$ci, y6$n2i)
)
continuous <- list(normand1999 = means(dat.normand1999), gibson2002 = means(dat.gibson2002),
                   curtis1998 = means(dat.curtis1998[1:30, ]))
h <- dat.hackshaw1998; r <- dat.raudenbush1985; bd <- dat.bangertdrowns2004
ready <- list(
  hackshaw1998 = list(data = estimates(h$yi, h$vi, TRUE), measure = "OR"),
  raudenbush1985 = list(data = estimates(r$yi, r$vi, FALSE), measure = "SMD"),
  bangertdrowns2004 = list(data = estimates(bd$yi, bd$vi, FALSE), measure = "SMD")
)

effects <- function(d, measure) {
  if ("events_treated" %in% names(d))
    return(suppressWarnings(escalc(measure = measure, ai = events_treated, n1i = n_treated,
             ci = events_control, n2i = n_control, data = d, drop00 = measure != "RD")))
  if ("mean_treated" %in% names(d))
    return(escalc(measure = measure, m1i = mean_treated, sd1i = sd_treated, n1i = n_treated,
             m2i = mean_control, sd2i = sd_control, n2i = n_control, data = d))
  z <- qnorm(.975); f <- if (measure == "OR") log else identity
  data.frame(yi = f(d$estimate), vi = ((f(d$hi) - f(d$lo)) / (2 * z))^2)
}
fit <- function(e, method, test = "z", ...) suppressWarnings(
  rma(yi, vi, data = e, method = method, test = test, control = tight(e$vi), ...))
summary_of <- function(m) {
  common <- inherits(m, c("rma.mh", "rma.peto")) || m$method == "EE"
  out <- list(theta = c(m$beta), se = m$se, lo = m$ci.lb, hi = m$ci.ub, p = m$pval,
              q = m$QE, q_p = m$QEp, i2 = m$I2 / 100, h2 = m$H2,
              weights = unname(weights(m)) / 100)
  if (!common) {
    pi <- predict(m, pi.type = "riley")
    ci <- suppressWarnings(confint(m, tol = 1e-14, control = list(tol = 1e-14, tau2.max = 1e6)))$random
    out <- c(out, list(tau2 = m$tau2, tau2_lo = ci["tau^2", "ci.lb"],
                       tau2_hi = ci["tau^2", "ci.ub"], pi_lo = pi$pi.lb, pi_hi = pi$pi.ub))
  }
  out
}
pools <- function(d, e, measure) {
  out <- list()
  add <- function(method, model, tau2, ci, m)
    out[[length(out) + 1]] <<- c(list(method = method, model = model, tau2_method = tau2, ci = ci),
                                 summary_of(m))
  add("IV", "common", "DL", "normal", fit(e, "EE"))
  for (t in c("DL", "REML", "PM")) {
    add("IV", "random", t, "normal", fit(e, t))
    add("IV", "random", t, "hksj", fit(e, t, "adhoc"))
  }
  if ("events_treated" %in% names(d)) {
    add("MH", "common", "DL", "normal", mh(d, measure))
    if (measure == "OR") add("Peto", "common", "DL", "normal", peto(d))
  }
  out
}
mh <- function(d, measure) suppressWarnings(
  rma.mh(measure = measure, ai = events_treated, n1i = n_treated, ci = events_control,
         n2i = n_control, data = d, drop00 = c(measure != "RD", FALSE)))
peto <- function(d) suppressWarnings(
  rma.peto(ai = events_treated, n1i = n_treated, ci = events_control, n2i = n_control, data = d,
           add = c(0, 0), to = c("none", "none")))
deletion <- function(e) lapply(list(c("EE", "z"), c("REML", "z"), c("DL", "adhoc")), function(s) {
  m <- fit(e, s[1], s[2]); i <- influence(m)
  list(model = s[1], test = s[2], rstudent = i$inf$rstudent, dffits = i$inf$dffits,
       cook_d = i$inf$cook.d, cov_r = i$inf$cov.r, tau2_without = i$inf$tau2.del,
       q_without = i$inf$QE.del, hat = i$inf$hat, dfbetas = i$dfbs[[1]],
       influential = unname(i$is.infl), leave_one_out = leave1out(m)$estimate,
       cumulative = cumul(m)$estimate)
})
bias <- function(d, e) {
  k <- e[!is.na(e$yi), ]
  l <- coef(summary(lm(yi ~ sqrt(vi), weights = 1 / vi, data = k)))
  out <- list(egger = list(coefficient = l[2, 1], se = l[2, 2], statistic = l[2, 3], p = l[2, 4],
                           limit = l[1, 1]))
  g <- regtest(fit(e, "EE"), model = "lm")
  stopifnot(isTRUE(all.equal(unname(g$zval), l[2, 3])))
  if ("events_treated" %in% names(d)) {
    k <- cbind(d, yi = e$yi)[!is.na(e$yi), ]
    ev <- k$events_treated + k$events_control; n <- k$n_treated + k$n_control
    l <- coef(summary(lm(k$yi ~ I(1 / n), weights = ev * (n - ev) / n)))
    out$peters <- list(coefficient = l[2, 1], se = l[2, 2], statistic = l[2, 3], p = l[2, 4],
                       limit = l[1, 1])
  }
  out$trim_and_fill <- list()
  for (m in c("EE", "DL", "REML")) for (s in c("L0", "R0")) {
    f <- suppressWarnings(trimfill(fit(e, m), estimator = s, control = tight(e$vi)))
    out$trim_and_fill[[length(out$trim_and_fill) + 1]] <- list(
      model = m, estimator = s, k0 = f$k0, k0_se = f$se.k0, side = f$side, theta = c(f$beta),
      se = f$se, p_k0 = if (is.na(f$p.k0)) NULL else f$p.k0)
  }
  out
}
case <- function(name, kind, d, measure) {
  e <- effects(d, measure)
  out <- list(name = name, kind = kind, measure = measure, yi = e$yi, vi = e$vi,
              pools = pools(d, e, measure))
  if (measure != "RR") out$deletion <- deletion(e)
  if (measure %in% c("OR", "SMD")) out$bias <- bias(d, e)
  out
}

cases <- list()
for (n in names(tables)) for (m in c("OR", "RR", "RD"))
  cases[[length(cases) + 1]] <- case(n, "counts", tables[[n]], m)
for (n in names(continuous)) for (m in c("MD", "SMD"))
  cases[[length(cases) + 1]] <- case(n, "means", continuous[[n]], m)
for (n in names(ready))
  cases[[length(cases) + 1]] <- case(n, "estimates", ready[[n]]$data, ready[[n]]$measure)

moderated <- function(name, e, x, measure, method, test) {
  m <- suppressWarnings(rma(e$yi, e$vi, mods = as.matrix(x), method = method, test = test, control = tight(e$vi)))
  zero <- suppressWarnings(rma(e$yi, e$vi, method = method, control = tight(e$vi)))
  list(name = name, measure = measure, method = method, test = test, moderators = unname(as.list(x)),
       names = names(x), coefficient = c(m$beta), se = m$se, lo = m$ci.lb, hi = m$ci.ub, p = m$pval,
       tau2 = m$tau2, q = m$QE, q_p = m$QEp, moderator_q = m$QM, moderator_p = m$QMp,
       r2 = if (method == "EE") NULL else max(0, 1 - m$tau2 / zero$tau2))
}
complete <- complete.cases(bd[, c("length", "grade")])
data <- c(tables, continuous, lapply(ready, function(r) r$data))
data$bangertdrowns2004_complete <- ready$bangertdrowns2004$data[complete, ]
eb <- effects(tables$bcg, "RR"); ed <- effects(data$bangertdrowns2004_complete, "SMD")
regressions <- list()
for (s in list(c("EE", "z"), c("DL", "z"), c("REML", "z"), c("PM", "z"), c("REML", "adhoc"))) {
  regressions[[length(regressions) + 1]] <-
    moderated("bcg", eb, b[, c("ablat", "year")], "RR", s[1], s[2])
  regressions[[length(regressions) + 1]] <-
    moderated("bangertdrowns2004_complete", ed, bd[complete, c("length", "grade")], "SMD", s[1], s[2])
}
groups <- lapply(split(seq_len(nrow(b)), factor(b$alloc, levels = unique(b$alloc))), function(i) {
  m <- fit(eb[i, ], "REML"); list(theta = c(m$beta), se = m$se) })
g <- do.call(rbind, lapply(groups, as.data.frame))
between <- rma(g$theta, sei = g$se, method = "EE")
subgroups <- list(labels = b$alloc, groups = groups, q = between$QE, q_p = between$QEp)

out <- list(versions = list(R = R.version.string, metafor = as.character(packageVersion("metafor"))),
            data = lapply(data, as.list), cases = cases, regressions = regressions,
            subgroups = subgroups)
writeLines(toJSON(out, digits = I(17), auto_unbox = TRUE, na = "null", null = "null"),
           file.path(here, "meta_pool.json"))
cat(length(cases), "cases\n")
