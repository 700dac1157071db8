# Linear regression with robust variances by the sandwich package, on the data set mtcars of base R.
# Run: Rscript tests/parity/regression_linear.R   (writes regression_linear.json beside this file)
suppressMessages({library(sandwich); library(lmtest); library(jsonlite)})
args <- commandArgs(FALSE)
here <- dirname(sub("^--file=", "", args[grep("^--file=", args)]))

d <- mtcars
d$far <- d$wt + 100
told <- function(fit, vc, df) {
  ct <- coeftest(fit, vcov. = vc, df = df); ci <- coefci(fit, vcov. = vc, df = df)
  k <- seq_len(nrow(ct))[-1]
  list(coef = ct[k, 1], se = ct[k, 2], p = ct[k, 4], lo = ci[k, 1], hi = ci[k, 2], df = df)
}
plain <- lm(qsec ~ am + hp + far, d)
weighted <- lm(qsec ~ am + hp + far, d, weights = carb)
alone <- lm(qsec ~ am, d)
out <- list(
  versions = list(R = R.version.string, sandwich = as.character(packageVersion("sandwich"))),
  data = list(qsec = d$qsec, am = d$am, hp = d$hp, far = d$far, carb = d$carb, gear = d$gear),
  hc3 = told(plain, vcovHC(plain, type = "HC3"), df.residual(plain)),
  weighted = told(weighted, vcovHC(weighted, type = "HC3"), df.residual(weighted)),
  clustered = told(alone, vcovCL(alone, cluster = d$carb, type = "HC1"),
                   length(unique(d$carb)) - 1)
)
out <- lapply(out, function(part) lapply(part, unname))
write(toJSON(out, digits = NA, auto_unbox = TRUE), file.path(here, "regression_linear.json"))
