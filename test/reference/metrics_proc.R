# Writes metrics_proc.json: what R's pROC says of the score pairs of metrics_statistics.json, and of the two golden sets.
#
# Run: Rscript test/reference/metrics_proc.R (with Debian's r-cran-proc and r-cran-jsonlite)
suppressMessages(library(pROC))
library(jsonlite)

roc_of <- function(labels, scores) roc(labels, scores, levels = c(0, 1), direction = "<", quiet = TRUE)

pair <- function(labels, a, b) {
  test <- roc.test(roc_of(labels, a), roc_of(labels, b), method = "delong", paired = TRUE)
  interval <- unname(test$conf.int)
  list(auc = as.numeric(test$estimate), varianceA = var(roc_of(labels, a), method = "delong"),
    z = unname(test$statistic), p = test$p.value, low = interval[1], high = interval[2])
}

sets <- fromJSON("test/reference/metrics_statistics.json", simplifyDataFrame = FALSE)$delong
golden <- function(labels, scores) var(roc_of(labels, scores), method = "delong")
result <- list(
  versions = list(R = paste(R.version$major, R.version$minor, sep = "."), pROC = as.character(packageVersion("pROC"))),
  pairs = lapply(sets, function(set) pair(set$labels, set$a, set$b)),
  golden = c(
    golden(c(0, 0, 1, 1), c(.1, .4, .35, .8)),
    golden(c(0, 0, 0, 1, 0, 1, 1, 0, 1, 1), c(.1, .2, .3, .3, .4, .5, .5, .5, .9, .9))
  )
)
write(toJSON(result, digits = NA, auto_unbox = TRUE), "test/reference/metrics_proc.json")
