# Standardised risks (marginaleffects), weights (WeightIt) and balance (cobalt) on the public data sets.
# Run in this folder: Rscript agreement_causal.R   (marginaleffects 0.11, WeightIt 0.14, cobalt 4.5, survey, jsonlite)
suppressMessages({library(marginaleffects); library(WeightIt); library(cobalt); library(survey); library(jsonlite)}); options(digits = 17)
known <- c("event", "time", "status", "entry", "arm", "cluster"); tight <- list(epsilon = 1e-14, maxit = 100)
cases <- function(d) {
  out <- list(); x <- head(setdiff(names(d), known), 3); if (!length(x)) return(out)
  add <- function(referee, case, value) { v <- tryCatch(suppressWarnings(suppressMessages(value)), error = function(e) NULL); if (!is.null(v) && all(is.finite(unlist(v)))) out[[length(out) + 1]] <<- c(list(referee = referee, case = case), v) }
  f <- as.formula(paste("event ~", paste(c("arm", x), collapse = " + "))); g <- glm(f, binomial, d, control = tight)
  if (g$converged && max(abs(coef(g)[-1] * sapply(model.frame(g)[-1], sd))) < 8) {
    add("marginaleffects", "g-computation, delta", { a <- avg_comparisons(g, variables = list(arm = 0:1)); list(estimate = a$estimate, se = a$std.error) })
    add("marginaleffects", "g-computation in the exposed, delta", { a <- avg_comparisons(g, variables = list(arm = 0:1), newdata = d[d$arm == 1, ]); list(estimate = a$estimate, se = a$std.error) })
    add("marginaleffects", "g-computation, clustered delta", if (!is.null(d$cluster) && length(unique(d$cluster)) > 2) { a <- avg_comparisons(g, variables = list(arm = 0:1), vcov = sandwich::vcovCL(g, d$cluster, type = "HC1")); list(estimate = a$estimate, se = a$std.error) })
  }
  p <- as.formula(paste("arm ~", paste(x, collapse = " + "))); s <- glm(p, binomial, d, control = tight)
  if (s$converged && max(abs(coef(s)[-1] * sapply(model.frame(s)[-1], sd))) < 8) {
    for (aim in c("ATE", "ATT", "ATC", "ATO")) add("WeightIt", paste("inverse probability,", aim), { w <- weightit(p, d, ps = fitted(s), estimand = aim); list(weight = unname(w$weights)) })
    add("cobalt bal.tab", "balance", { w <- 1 / ifelse(d$arm == 1, fitted(s), 1 - fitted(s)); b <- bal.tab(d[x], treat = d$arm, weights = w, method = "weighting", s.d.denom = "pooled", binary = "std", continuous = "std", un = TRUE, stats = c("mean.diffs", "ks.statistics"))$Balance; list(before = b$Diff.Un, after = b$Diff.Adj, ks = b$KS.Un, ks_after = b$KS.Adj) })
  }
  for (aim in c("ATT", "ATE")) add("WeightIt", paste("entropy balance,", aim), { w <- weightit(p, d, method = "ebal", estimand = aim, maxit = 5000, reltol = 1e-16); v <- w$weights; on <- d$arm == 1; to <- if (aim == "ATT") on else rep(TRUE, nrow(d)); off <- sapply(x, function(k) max(abs(sapply(split(seq_along(v), on), function(i) weighted.mean(d[[k]][i], v[i])) - mean(d[[k]][to]))) / sd(d[[k]])); if (max(off) > 1e-4) stop("not balanced"); v[on] <- v[on] / sum(v[on]); v[!on] <- v[!on] / sum(v[!on]); list(weight = unname(v)) })
  out
}
files <- sort(list.files("../laws/data", "csv$", full.names = TRUE))
out <- lapply(files, function(f) cases(read.csv(f))); names(out) <- sub("[.]csv$", "", basename(files))
write_json(out, "agreement_causal.json", digits = NA, auto_unbox = TRUE)
