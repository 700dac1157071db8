# Least squares on restricted cubic splines (splines::ns, knots given), on R's own data.
# Run: Rscript tests/parity/splines.R  (writes splines.json beside this file)
suppressMessages({library(splines); library(jsonlite)})
args <- commandArgs(FALSE)
here <- dirname(sub("^--file=", "", args[grep("^--file=", args)]))
at <- list("3" = c(.1, .5, .9), "4" = c(.05, .35, .65, .95), "5" = c(.05, .275, .5, .725, .95),
           "6" = c(.05, .23, .41, .59, .77, .95),
           "7" = c(.025, .1833, .3417, .5, .6583, .8167, .975))
out <- list(x = airquality$Temp, y = airquality$Wind)
for (k in names(at)) {
  t <- unname(quantile(out$x, at[[k]]))
  n <- length(t)
  fit <- lm(out$y ~ ns(out$x, knots = t[2:(n - 1)], Boundary.knots = t[c(1, n)]))
  out[[k]] <- list(knots = t, fitted = unname(fitted(fit)))
}
write(toJSON(out, digits = I(12), auto_unbox = TRUE), file.path(here, "splines.json"))
