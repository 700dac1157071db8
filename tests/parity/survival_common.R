# What the survival_*.R scripts share: each case function runs R's own routine and returns the case
# (columns to use, options) with R's answer under `expected`. Run one script as
#   Rscript survival_lung.R        (writes survival_lung.json beside it; needs survival 3.5, cmprsk)
suppressMessages({library(survival); library(cmprsk); library(jsonlite)})

column <- function(d, name) if (is.null(name)) NULL else d[[name]]
surv_of <- function(d, k) {
  if (is.null(k$entry)) Surv(d[[k$time]], d[[k$event]]) else
    Surv(d[[k$entry]], d[[k$time]], d[[k$event]])
}
tight <- coxph.control(eps = 1e-12, toler.chol = 1e-14, iter.max = 60)

cox_case <- function(d, time, event, x, entry = NULL, strata = NULL, cluster = NULL,
                     weights = NULL, ties = "efron") {
  k <- list(kind = "cox", time = time, event = event, x = as.list(x), entry = entry,
            strata = strata, cluster = cluster, weights = weights, ties = ties)
  X <- as.matrix(d[, x, drop = FALSE]); d$.y <- surv_of(d, k); d$.X <- X
  d$.s <- if (is.null(strata)) 1 else d[[strata]]
  f <- if (is.null(strata)) .y ~ .X else .y ~ .X + strata(.s)
  d$.w <- if (is.null(weights)) 1 else d[[weights]]
  d$.c <- if (is.null(cluster)) seq_len(nrow(d)) else d[[cluster]]
  robust <- !is.null(cluster) || !is.null(weights)
  g <- if (robust) coxph(f, d, weights = .w, cluster = .c, ties = ties, control = tight)
       else if (ties == "exact") coxph(f, d, ties = ties, control = tight)
       else coxph(f, d, weights = .w, ties = ties, control = tight)
  e <- list(coef = unname(g$coefficients), se = sqrt(diag(as.matrix(g$var))), loglik = g$loglik[2],
            loglik_null = g$loglik[1], score = g$score)
  if (robust) e$naive_se <- sqrt(diag(g$naive.var))
  if (ties != "exact") {
    for (tr in c("km", "identity", "log", "rank")) {
      z <- cox.zph(g, transform = tr, terms = FALSE)$table
      e[[paste0("zph_", tr)]] <- list(chisq = unname(z[, 1]), p = unname(z[, 3]))
    }
    e$schoenfeld <- unname(as.matrix(residuals(g, "schoenfeld")))
    e$score_rows <- unname(as.matrix(residuals(g, "score"))[1:12, , drop = FALSE])
    e$dfbeta_rows <- unname(as.matrix(residuals(g, "dfbeta", weighted = TRUE))[1:12, , drop = FALSE])
    e$martingale_rows <- unname(residuals(g, "martingale")[1:12])
    b <- basehaz(g, centered = FALSE)
    e$baseline <- list(time = b$time, hazard = b$hazard,
                       strata = if (is.null(strata)) NULL else sub("^.*=", "", as.character(b$strata)))
  }
  k$expected <- e
  k
}

km_case <- function(d, time, event, group = NULL, entry = NULL, weights = NULL, times, horizon) {
  k <- list(kind = "km", time = time, event = event, group = group, entry = entry,
            weights = weights, times = times, horizon = horizon)
  d$.y <- surv_of(d, k); d$.g <- if (is.null(group)) 1 else d[[group]]
  d$.w <- if (is.null(weights)) 1 else d[[weights]]
  k$expected <- lapply(sort(unique(d$.g)), function(g) {
    one <- d[d$.g == g, ]
    fits <- lapply(c(log = "log", "log-log" = "log-log", plain = "plain"), function(ct)
      survfit(.y ~ 1, one, weights = .w, conf.type = ct))
    s <- summary(fits$log, times = times, extend = TRUE)
    list(group = g, surv = s$surv, se = s$std.err, last = max(fits$log$time),
         limits = lapply(fits, function(f) { q <- summary(f, times = times, extend = TRUE)
                                             list(lower = q$lower, upper = q$upper) }),
         time = fits$log$time, n_risk = fits$log$n.risk, n_event = fits$log$n.event,
         n_censor = fits$log$n.censor, full_surv = fits$log$surv,
         quantile = lapply(quantile(fits$log, c(.1, .25, .5, .75)), unname),
         rmean = unname(survival:::survmean(fits$log, rmean = horizon)$matrix[5:6]))
  })
  k
}

logrank_case <- function(d, time, event, group, strata = NULL, rho = 0) {
  d$.g <- d[[group]]; d$.s <- if (is.null(strata)) 1 else d[[strata]]
  d$.y <- Surv(d[[time]], d[[event]])
  q <- if (is.null(strata)) survdiff(.y ~ .g, d, rho = rho) else
    survdiff(.y ~ .g + strata(.s), d, rho = rho)
  df <- length(q$n) - 1
  list(kind = "logrank", time = time, event = event, group = group, strata = strata, rho = rho,
       expected = list(chisq = q$chisq, df = df, p = pchisq(q$chisq, df, lower.tail = FALSE),
                       obs = rowSums(as.matrix(q$obs)), exp = rowSums(as.matrix(q$exp)),
                       var = unname(q$var)))
}

cuminc_case <- function(d, time, status, group = NULL, strata = NULL, rho = 0, times) {
  k <- list(kind = "cuminc", time = time, status = status, group = group, strata = strata,
            rho = rho, times = times)
  a <- list(ftime = d[[time]], fstatus = d[[status]], rho = rho)
  if (!is.null(group)) a$group <- d[[group]]
  if (!is.null(strata)) a$strata <- d[[strata]]
  q <- do.call(cuminc, a); tp <- timepoints(q, times)
  k$expected <- list(curve = rownames(tp$est), est = unname(tp$est), var = unname(tp$var))
  if (!is.null(q$Tests)) k$expected$tests <- list(
    cause = as.integer(rownames(q$Tests)), stat = unname(q$Tests[, "stat"]),
    df = unname(q$Tests[, "df"]),
    p = unname(pchisq(q$Tests[, "stat"], q$Tests[, "df"], lower.tail = FALSE)))
  k
}

crr_case <- function(d, time, status, x, cause = 1) {
  X <- as.matrix(d[, x, drop = FALSE])
  g <- crr(d[[time]], d[[status]], X, failcode = cause, gtol = 1e-13, maxiter = 60)
  p <- predict(g, X[1:2, , drop = FALSE])
  list(kind = "crr", time = time, status = status, x = as.list(x), cause = cause,
       expected = list(coef = unname(g$coef), se = unname(sqrt(diag(g$var))),
                       naive_se = unname(sqrt(diag(g$invinf))), loglik = g$loglik,
                       loglik_null = g$loglik.null, predicted = unname(unclass(p)[, 1:3])))
}

finegray_case <- function(d, time, status, x, entry = NULL, ties = "breslow", cause = 1) {
  d$.id <- seq_len(nrow(d)); d$.f <- factor(d[[status]], 0:max(d[[status]]))
  d$.t <- d[[time]]; d$.e <- column(d, entry)
  left <- if (is.null(entry)) "Surv(.t, .f)" else "Surv(.e, .t, .f)"
  e <- finegray(as.formula(paste(left, "~", paste(c(x, ".id"), collapse = "+"))), d,
                etype = as.character(cause), id = .id)
  e$.X <- as.matrix(e[, x, drop = FALSE])
  g <- coxph(Surv(fgstart, fgstop, fgstatus) ~ .X, e, weights = fgwt, ties = ties, cluster = .id,
             control = tight)
  list(kind = "finegray", time = time, status = status, x = as.list(x), entry = entry, ties = ties,
       cause = cause, expected = list(coef = unname(coef(g)), se = unname(sqrt(diag(vcov(g)))),
                                      naive_se = sqrt(diag(g$naive.var))))
}

write_cases <- function(name, d, source, cases) {
  d <- as.list(as.data.frame(d))
  v <- list(R = R.version.string, survival = as.character(packageVersion("survival")),
            cmprsk = as.character(packageVersion("cmprsk")))
  write_json(list(source = source, versions = v, data = d, cases = cases),
             paste0("survival_", name, ".json"), digits = I(17), auto_unbox = TRUE, null = "null",
             na = "null")
  cat(name, length(cases), "cases,", length(d[[1]]), "rows\n")
}
