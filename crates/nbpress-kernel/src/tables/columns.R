# Columns of data frames: what each holds, in Parquet and in JSON.

# `plain` makes values of base R of a part of the column, `bytes` those of Parquet of them, `json` those of an output.
kind_of <- function(column) {
    kind <- if (is.factor(column) || is.character(column) || !is.null(dim(column))) text_kind
    else if (inherits(column, "integer64")) long_kind
    else if (inherits(column, "Date")) date_kind
    else if (inherits(column, "POSIXt")) instant_kind(column)
    else if (inherits(column, "difftime")) duration_kind
    # Also numbers with a class of some package's.
    else if (is.numeric(column)) if (is.integer(column)) integer_kind else number_kind
    else if (is.logical(column) && !is.object(column)) boolean_kind
    else text_kind
}

part_of <- function(column, rows) if (length(dim(column)) == 2L) column[rows, , drop = FALSE] else column[rows]

bare <- function(values) as.vector(unclass(values))

boolean_kind <- list(
    word = "boolean", type = 0L, ordered = FALSE, plain = bare, missing = is.na, bytes = bits,
    json = function(values) ifelse(values, "true", "false")
)

integer_kind <- list(
    word = "integer", type = 1L, ordered = TRUE, plain = bare, missing = is.na, bytes = little,
    json = function(values) sprintf("%d", values)
)

number_kind <- list(
    word = "number", type = 5L, ordered = TRUE, plain = bare, missing = is.na, bytes = little,
    json = function(values) {
        text <- sprintf("%.15g", values)
        longer <- is.finite(values) & as.numeric(text) != values
        text[longer] <- sprintf("%.17g", values[longer])
        ifelse(is.finite(values), text, "null")
    }
)

# The bits of a double are those of the integer; the smallest one is missing.
long_kind <- list(
    word = "integer", type = 2L, ordered = FALSE, plain = bare, bytes = little,
    missing = function(values) !is.na(values) & values == 0 & 1 / values < 0,
    json = function(values) {
        text <- jsonlite::toJSON(structure(values, class = "integer64"), na = "null")
        strsplit(gsub("[][]", "", text), ",", fixed = TRUE)[[1L]]
    }
)

date_kind <- list(
    word = "date", type = 1L, converted = 6L, ordered = TRUE, missing = is.na, bytes = little,
    plain = function(column) as.integer(floor(bare(column))),
    json = function(values) json_text(format(structure(values, class = "Date"), "%Y-%m-%d"))
)

# Microseconds since 1970, and the zone in which they are shown.
instant_kind <- function(column) {
    zone <- attr(column, "tzone")[1L]
    if (is.null(zone) || !nzchar(zone)) zone <- Sys.timezone()
    if (is.null(zone) || is.na(zone)) zone <- "UTC"
    list(
        word = "datetime", type = 2L, converted = 10L, ordered = TRUE, missing = is.na, bytes = little_long,
        arrow = paste0("zone ", zone),
        plain = function(column) round(as.numeric(as.POSIXct(column)) * 1e6),
        json = function(values) {
            seconds <- .POSIXct(values %/% 1e6, tz = zone)
            fraction <- ifelse(values %% 1e6 == 0, "", sprintf(".%06d", as.integer(values %% 1e6)))
            offset <- sub("(..)$", ":\\1", format(seconds, "%z"))
            json_text(paste0(format(seconds, "%Y-%m-%dT%H:%M:%S"), fraction, offset))
        }
    )
}

duration_kind <- list(
    word = "duration", type = 2L, ordered = TRUE, missing = is.na, bytes = little_long, arrow = "duration",
    plain = function(column) round(as.numeric(column, units = "secs") * 1e6),
    json = function(values) json_text(paste0("PT", number_kind$json(values / 1e6), "S"))
)

text_kind <- list(
    word = "string", type = 6L, converted = 0L, ordered = FALSE, missing = is.na,
    bytes = function(values) texts(values),
    plain = function(column) {
        text <- if (length(dim(column)) == 2L) do.call(paste, c(unname(as.list(as.data.frame(column))), sep = ", "))
        else if (is.list(column)) vapply(column, text_of, "")
        else as.character(column)
        text <- enc2utf8(text)
        broken <- !is.na(text) & !validUTF8(text)
        text[broken] <- iconv(text[broken], "UTF-8", "UTF-8", sub = "byte")
        text
    },
    json = function(values) json_text(values)
)

text_of <- function(value) if (is.null(value)) NA_character_ else paste(format(value), collapse = ", ")

json_text <- function(text) {
    text <- gsub("\"", "\\\"", gsub("\\", "\\\\", text, fixed = TRUE), fixed = TRUE)
    for (byte in if (any(grepl("[\001-\037]", text))) 1:31) {
        text <- gsub(intToUtf8(byte), sprintf("\\u%04x", byte), text, fixed = TRUE)
    }
    paste0("\"", text, "\"")
}

json_values <- function(kind, column) {
    values <- kind$plain(column)
    missing <- kind$missing(values)
    json <- rep("null", length(values))
    json[!missing] <- if (!all(missing)) kind$json(values[!missing])
    json
}
