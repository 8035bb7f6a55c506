printed <- function(value) {
  if (is.null(value)) return("n")
  if (is.list(value)) {
    items <- vapply(value, printed, "", USE.NAMES = FALSE)
    if (is.null(names(value))) return(paste0("[", paste(items, collapse = ","), "]"))
    keys <- vapply(names(value), printed, "", USE.NAMES = FALSE)
    return(paste0("{", paste(sort(paste0(keys, ":", items), method = "radix"), collapse = ","), "}"))
  }
  if (is.logical(value)) return(if (value) "t" else "f")
  if (is.character(value)) return(paste0("s", paste(charToRaw(enc2utf8(value)), collapse = "")))
  if (is.nan(value)) return("dnan")
  if (is.infinite(value)) return(if (value > 0) "dinf" else "d-inf")
  paste0("d", sprintf("%.13e", value))
}
show <- function(value) cat(printed(value), "\n", sep = "")
