# SPDX-License-Identifier: MIT
# Read a model with R and r-cran-jsonlite.  usage: Rscript read_model.R MODEL
model <- file(commandArgs(TRUE)[1], "rb")
size <- readBin(model, "integer", n = 2, endian = "little")[1]  # of the header; the upper half is 0
header <- jsonlite::fromJSON(rawToChar(readBin(model, "raw", size)))
tensor <- function(name) {
  invisible(seek(model, 8 + size + header[[name]]$data_offsets[1]))
  array(readBin(model, "numeric", prod(header[[name]]$shape), size = 4, endian = "little"), rev(header[[name]]$shape))
}

weights <- t(tensor("weights"))  # [V, H]; R stores columns, the file rows
visible_bias <- c(tensor("visible.bias"))
hidden_bias <- c(tensor("hidden.bias"))
v <- rep(1, nrow(weights))       # the free energy of a sample that is all ones, of Bernoulli units
print(-sum(visible_bias * v) - sum(log1p(exp(hidden_bias + v %*% weights))), digits = 12)
