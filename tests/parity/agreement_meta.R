# Pools by meta of eight parts of each public data set, counted as tests/laws/syntheses.py does.
# Run in this folder: Rscript agreement_meta.R   (meta 6.2, jsonlite)
suppressMessages({library(meta); library(jsonlite)}); options(digits = 17)
parts <- function(n) rep(1:8, times = n %/% 8 + (1:8 <= n %% 8))
cases <- function(d) {
  g <- parts(nrow(d)); on <- d$arm == 1; out <- list()
  count <- function(v) as.numeric(tapply(v, g, sum))
  a <- count(d$event * on) + 1; n1 <- count(on) + 2; c <- count(d$event * !on) + 1; n0 <- count(!on) + 2
  # Q of a Mantel-Haenszel pool is about its own mean here as in metafor, in meta about another one
  add <- function(case, m, what) { t <- m[[paste0("TE.", what)]]; v <- list(referee = "meta metabin", case = case, theta = t, lower = m[[paste0("lower.", what)]], upper = m[[paste0("upper.", what)]], p = m[[paste0("pval.", what)]]); if (!grepl("Mantel", case)) v$q <- m$Q; out[[length(out) + 1]] <<- v }
  bin <- function(...) suppressWarnings(metabin(a, n1, c, n0, ..., incr = 0.5, method.incr = "only0", warn = FALSE))
  add("pool, Mantel-Haenszel OR", bin(sm = "OR", method = "MH"), "common")
  add("pool, Mantel-Haenszel RR", bin(sm = "RR", method = "MH"), "common")
  add("pool, inverse variance OR", bin(sm = "OR", method = "Inverse"), "common")
  add("pool, DerSimonian-Laird RD", bin(sm = "RD", method = "Inverse", method.tau = "DL"), "random")
  add("pool, Paule-Mandel OR", bin(sm = "OR", method = "Inverse", method.tau = "PM", control = list(tol = 1e-12, maxiter = 1000)), "random")
  add("pool, Peto", bin(sm = "OR", method = "Peto"), "common")
  m <- bin(sm = "OR", method = "Inverse", method.tau = "DL", hakn = TRUE)
  # Hartung and Knapp's factor below 1 narrows the interval; ours is then 1 (Jackson et al. 2017)
  below <- m$seTE.hakn.ci < m$seTE.classic; v <- list(referee = "meta metabin", case = paste0("pool, Hartung-Knapp", if (below) ", factor below 1"), theta = m$TE.random)
  out[[length(out) + 1]] <- c(v, if (!below) list(lower = m$lower.random, upper = m$upper.random, p = m$pval.random))
  for (test in c("Egger", "Peters")) {
    e <- tryCatch(metabias(bin(sm = "OR", method = "Inverse"), method.bias = test, k.min = 3), error = function(e) NULL)
    if (!is.null(e)) out[[length(out) + 1]] <- list(referee = "meta metabias", case = test, p = unname(e$pval))
  }
  t <- trimfill(bin(sm = "OR", method = "Inverse", method.tau = "DL"), left = TRUE, ma.common = TRUE, type = "L")
  out[[length(out) + 1]] <- list(referee = "meta trimfill", case = "trim and fill", theta = t$TE.common, filled = t$k0)
  out
}
files <- sort(list.files("../laws/data", "csv$", full.names = TRUE))
out <- lapply(files, function(f) tryCatch(cases(read.csv(f)), error = function(e) { message(f, ": ", conditionMessage(e)); list() })); names(out) <- sub("[.]csv$", "", basename(files))
write_json(out, "agreement_meta.json", digits = NA, auto_unbox = TRUE)
