# Fits nnet as docs/migration.md spells it; each line printed is a name and numbers.
library(nnet)
given <- commandArgs(trailingOnly = TRUE)
x <- as.matrix(read.csv(given[1], header = FALSE))
y <- scan(given[2], quiet = TRUE)
w <- scan(given[3], quiet = TRUE)
say <- function(name, values) cat(name, format(values, digits = 17), "\n")
tell <- function(name, fit) {
  say(paste0(name, ".wts"), fit$wts)
  say(paste0(name, ".value"), fit$value)
  say(paste0(name, ".fitted.values"), as.vector(fit$fitted.values))
  say(paste0(name, ".residuals"), as.vector(fit$residuals))
  say(paste0(name, ".convergence"), fit$convergence)
  say(paste0(name, ".n"), fit$n)
}
set.seed(1)
rows <- readLines(given[4]) # "name<TAB>setting" for each row of the page
for (row in strsplit(rows, "\t")) {
  code <- paste0("nnet(x, y, entropy = TRUE, trace = FALSE, size = 3, decay = 0.1, maxit = 20)")
  call <- parse(text = code)[[1]]
  setting <- parse(text = paste0("f(", row[2], ")"))[[1]]
  wts <- seq(-0.5, 0.5, length.out = 16)
  for (name in names(setting)[-1]) call[[name]] <- setting[[name]]
  if (row[1] == "skip") call$size <- 0
  tell(row[1], eval(call))
}
