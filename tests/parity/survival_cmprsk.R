# The simulated example of cmprsk's own help page, with ties, and whole-day times.
source("survival_common.R")
suppressWarnings(RNGversion("3.5.0")); set.seed(10)
d <- data.frame(time = rexp(200), status = sample(0:2, 200, replace = TRUE))
d$group <- sample(1:3, 200, replace = TRUE); d$strata <- sample(1:2, 200, replace = TRUE)
cov <- matrix(runif(600), nrow = 200); d$x1 <- cov[, 1]; d$x2 <- cov[, 2]; d$x3 <- cov[, 3]
d$tied <- ceiling(d$time * 5); x <- c("x1", "x2", "x3")
write_cases("cmprsk", d, "R cmprsk: example(cuminc), example(crr)", list(
  cuminc_case(d, "time", "status", "group", strata = "strata", times = c(.2, .5, 1, 2)),
  cuminc_case(d, "tied", "status", "group", times = c(1, 3, 6)),
  cuminc_case(d, "tied", "status", "group", strata = "strata", rho = 1, times = c(1, 3, 6)),
  crr_case(d, "time", "status", x), crr_case(d, "tied", "status", x),
  crr_case(d, "time", "status", x, cause = 2),
  finegray_case(d, "time", "status", x), finegray_case(d, "tied", "status", x),
  finegray_case(d, "tied", "status", x, ties = "efron")))
