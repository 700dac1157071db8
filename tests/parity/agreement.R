# What R's packages make of the public data sets of the laws (tests/laws/data): one question per case.
# Run in this folder: Rscript agreement.R   (survival, cmprsk, sandwich, survey, brglm2, clubSandwich, jsonlite)
suppressMessages({library(survival); library(cmprsk); library(sandwich); library(survey); library(brglm2); library(clubSandwich); library(jsonlite)})
options(digits = 17, survey.lonely.psu = "adjust")
tight <- list(epsilon = 1e-14, maxit = 100)
known <- c("event", "time", "status", "entry", "arm", "cluster")
folder <- "../laws/data"
se <- function(v) unname(sqrt(diag(v)))
cases <- function(d) {
  x <- head(setdiff(names(d), known), 3); terms <- paste(c("arm", x), collapse = " + "); out <- list()
  add <- function(referee, name, value) { v <- tryCatch(suppressWarnings(suppressMessages(value)), error = function(e) NULL); if (!is.null(v) && all(is.finite(unlist(v)))) out[[length(out) + 1]] <<- c(list(referee = referee, case = name), v) }
  f <- as.formula(paste("event ~", terms)); g <- glm(f, binomial, d, control = tight)
  d$w <- 1 + seq_len(nrow(d)) %% 3
  if (g$converged && !anyNA(coef(g)) && max(abs(coef(g)[-1] * sapply(model.frame(g)[-1], sd))) < 8) {
    add("stats glm", "logistic", list(coef = unname(coef(g)), se = se(vcov(g))))
    for (k in c("HC0", "HC3")) add("sandwich vcovHC", paste("logistic", k), list(se = se(vcovHC(g, type = k))))
    if (!is.null(d$cluster) && length(unique(d$cluster)) > 2) {
      add("sandwich vcovCL", "logistic, clustered", list(se = se(vcovCL(g, cluster = d$cluster, type = "HC1"))))
    }
    s <- svyglm(f, svydesign(~1, weights = ~w, data = d), family = quasibinomial(), control = tight)
    add("survey svyglm", "logistic, weighted", list(coef = unname(coef(s)), se = se(vcov(s)) * sqrt((nrow(d) - 1) / nrow(d))))
  }
  add("brglm2", "logistic, Firth", { b <- glm(f, binomial, d, method = "brglmFit", type = "AS_mean", epsilon = 1e-12, maxit = 500); list(coef = unname(coef(b)), se = se(vcov(b))) })
  add("stats chisq.test", "Pearson chi-square", list(p = chisq.test(table(d$arm, d$event), correct = FALSE)$p.value))
  add("stats fisher.test", "Fisher", list(p = fisher.test(table(d$arm, d$event))$p.value))
  if (length(x)) {
    v <- d[[x[1]]]
    add("stats t.test", "Welch", { t <- t.test(v[d$arm == 1], v[d$arm == 0]); list(ci = unname(t$conf.int), p = t$p.value) })
    add("stats kruskal.test", "Kruskal-Wallis", list(p = kruskal.test(v, d$arm)$p.value))
    add("stats lm", "ANCOVA", if (length(x) > 1) { m <- summary(lm(d[[x[2]]] ~ d$arm + v)); list(estimate = m$coefficients[2, 1], se = m$coefficients[2, 2]) })
  }
  if (!is.null(d$time)) {
    d$time <- pmax(d$time, 0.01); left <- if (is.null(d$entry)) "Surv(time, event)" else "Surv(pmin(entry, time - 1e-3), time, event)"
    for (ties in c("efron", "breslow")) add("survival coxph", paste("Cox", ties), { m <- coxph(as.formula(paste(left, "~", terms)), d, ties = ties, eps = 1e-12, iter.max = 50); list(coef = unname(coef(m)), se = se(vcov(m))) })
    if (!is.null(d$cluster) && length(unique(d$cluster)) > 2) add("survival coxph", "Cox, clustered", { m <- coxph(as.formula(paste(left, "~", terms)), d, cluster = cluster, eps = 1e-12, iter.max = 50); list(coef = unname(coef(m)), se = se(vcov(m))) })
    at <- unname(quantile(d$time[d$event == 1], c(0.25, 0.5, 0.75), type = 1))
    add("survival survfit", "Kaplan-Meier", { s <- summary(survfit(as.formula(paste(left, "~ 1")), d), times = at); list(times = at, survival = s$surv, lower = s$lower, upper = s$upper) })
    if (is.null(d$entry)) {
      add("survival survdiff", "log-rank", list(chi2 = survdiff(Surv(time, event) ~ arm, d)$chisq))
      if (any(d$status == 2)) {
        add("cmprsk crr", "Fine-Gray", { m <- crr(d$time, d$status, as.matrix(d[, c("arm", x)]), gtol = 1e-10); list(coef = unname(m$coef), se = se(m$var)) })
        add("cmprsk cuminc", "Gray", list(chi2 = unname(cuminc(d$time, d$status, d$arm)$Tests["1", "stat"])))
        add("cmprsk cuminc", "cumulative incidence", { p <- timepoints(cuminc(d$time, d$status), at); list(times = at, incidence = unname(p$est["1 1", ]), variance = unname(p$var["1 1", ])) })
      }
    }
  }
  out
}
files <- sort(list.files(folder, "csv$", full.names = TRUE))
out <- lapply(files, function(f) cases(read.csv(f)))
names(out) <- sub("[.]csv$", "", basename(files))
write_json(out, "agreement.json", digits = NA, auto_unbox = TRUE)
