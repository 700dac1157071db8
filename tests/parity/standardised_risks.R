# Risks standardised by a stratified Cox model (g-formula): survfit of everybody, exposed and not.
# Run as  Rscript standardised_risks.R  (writes standardised_risks.json beside it).
suppressMessages({library(survival); library(jsonlite)})

d <- na.omit(lung[, c("time", "status", "sex", "age", "ph.ecog", "ph.karno")])
d$event <- as.integer(d$status == 2)
d$exposed <- as.integer(d$sex == 2)
d$stratum <- as.integer(d$ph.karno > 80)
horizon <- c(400, 500)  # by stratum
fit <- coxph(Surv(time, event) ~ exposed + age + ph.ecog + strata(stratum), d, ties = "efron",
             control = coxph.control(eps = 1e-12, toler.chol = 1e-14, iter.max = 60))

one <- function(i, a) {
  row <- d[i, ]; row$exposed <- a
  h <- horizon[row$stratum + 1]
  s <- survfit(fit, newdata = row)
  keep <- s$time <= h
  time <- c(0, s$time[keep], h); surv <- c(1, s$surv[keep])
  c(1 - tail(surv, 1), sum(surv * diff(time)))
}
average <- function(rows, a) rowMeans(sapply(rows, one, a = a))
all <- seq_len(nrow(d)); treated <- which(d$exposed == 1)
result <- function(rows) {
  e <- average(rows, 1); c <- average(rows, 0)
  list(risk = c(e[1], c[1]), free = c(e[2], c[2]))
}
writeLines(toJSON(list(
  columns = d[, c("time", "event", "exposed", "age", "ph.ecog", "stratum")], horizon = horizon,
  log_ratio = unname(coef(fit)[1]), everybody = result(all), exposed = result(treated)
), dataframe = "columns", digits = NA, auto_unbox = TRUE, pretty = TRUE),
"standardised_risks.json")
