# Firth's fit by logistf on the public data sets of the laws: coefficients, profile limits, p.
# Run in this folder: Rscript agreement_logistf.R   (logistf 1.26, jsonlite)
suppressMessages({library(logistf); library(jsonlite)}); options(digits = 17)
known <- c("event", "time", "status", "entry", "arm", "cluster")
finite <- function(v) !is.null(v) && all(is.finite(unlist(v)))
fit <- function(d) {
  x <- head(setdiff(names(d), known), 3)
  # logistf starts at 0 and climbs on raw columns: scaled ones give it the same fit, and a chance
  s <- sapply(x, function(k) sd(d[[k]])); for (k in x) d[[k]] <- (d[[k]] - mean(d[[k]])) / s[[k]]
  f <- as.formula(paste("event ~", paste(c("arm", x), collapse = " + ")))
  tight <- logistf.control(maxit = 2000, lconv = 1e-12, gconv = 1e-10, xconv = 1e-10, maxstep = 1)
  m <- logistf(f, d, pl = TRUE, control = tight, plcontrol = logistpl.control(maxit = 5000, lconv = 1e-12, xconv = 1e-10))
  list(coef = unname(m$coefficients[2]), lower = unname(m$ci.lower[2]), upper = unname(m$ci.upper[2]), p = unname(m$prob[2]))
}
files <- sort(list.files("../laws/data", "csv$", full.names = TRUE))
out <- lapply(files, function(f) {
  v <- tryCatch(suppressWarnings(fit(read.csv(f))), error = function(e) NULL)
  if (finite(v)) list(c(list(referee = "logistf", case = "logistic, Firth, of the exposure"), v)) else list()
})
names(out) <- sub("[.]csv$", "", basename(files))
write_json(out, "agreement_logistf.json", digits = NA, auto_unbox = TRUE)
