# A Parquet file: what its format asks of columns of base R, without compression.
# https://parquet.apache.org/docs/file-format/

# Numbers of the format's metadata, which is Thrift in its compact protocol.
varint <- function(number) {
    bytes <- integer()
    while (number >= 128) {
        bytes <- c(bytes, 128 + number %% 128)
        number <- number %/% 128
    }
    as.raw(c(bytes, number))
}

thrift_i32 <- function(number) list(type = 5L, bytes = varint(2 * number))
thrift_i64 <- function(number) list(type = 6L, bytes = varint(2 * number))

thrift_binary <- function(bytes) {
    if (is.character(bytes)) bytes <- charToRaw(enc2utf8(bytes))
    list(type = 8L, bytes = c(varint(length(bytes)), bytes))
}

thrift_list <- function(items) {
    count <- length(items)
    type <- if (count == 0L) 12L else items[[1L]]$type
    head <- if (count < 15L) as.raw(16L * count + type) else c(as.raw(0xf0 + type), varint(count))
    list(type = 9L, bytes = c(head, unlist(lapply(items, `[[`, "bytes"))))
}

# Fields are named by their numbers, which ascend; one that is NULL is left out.
thrift_struct <- function(...) {
    fields <- Filter(Negate(is.null), list(...))
    numbers <- if (length(fields) > 0L) as.integer(names(fields))
    steps <- diff(c(0L, numbers))
    parts <- Map(function(field, step) c(as.raw(16L * step + field$type), field$bytes), fields, steps)
    list(type = 12L, bytes = c(unlist(parts, use.names = FALSE), as.raw(0L)))
}

little <- function(values, size = NA_integer_) writeBin(values, raw(), size = size, endian = "little")

# 64-bit integers, of whole doubles.
little_long <- function(values) {
    high <- floor(values / 2^32)
    low <- values - high * 2^32
    low <- ifelse(low >= 2^31, low - 2^32, low)
    # The smallest one of 32 bits is what R has as NA.
    little(as.vector(rbind(suppressWarnings(as.integer(low)), as.integer(high))))
}

bits <- function(values) packBits(c(values, logical(-length(values) %% 8L)))

texts <- function(values) {
    bytes <- charToRaw(paste(values, collapse = ""))
    lengths <- nchar(values, type = "bytes")
    starts <- cumsum(c(0, 4 + lengths[-length(lengths)]))
    out <- raw(sum(lengths) + 4 * length(values))
    of_lengths <- as.vector(outer(1:4, starts, `+`))
    out[of_lengths] <- little(as.integer(lengths))
    out[-of_lengths] <- bytes
    out
}

# A run of numbers of 1, 8, 16 or 32 bits, in the hybrid encoding.
packed <- function(bytes, count) c(varint(2 * ceiling(count / 8) + 1), bytes)

# Which of the rows have a value.
levels_of <- function(missing) {
    count <- length(missing)
    run <- if (any(missing)) packed(bits(!missing), count) else c(varint(2 * count), as.raw(1L))
    c(little(length(run)), run)
}

page <- function(type, bytes, field, about) {
    size <- thrift_i32(length(bytes))
    header <- list("1" = thrift_i32(type), "2" = size, "3" = size, about)
    names(header)[4L] <- field
    c(do.call(thrift_struct, header)$bytes, bytes)
}

data_page <- function(missing, encoding, values) {
    about <- thrift_struct(
        "1" = thrift_i32(length(missing)), "2" = thrift_i32(encoding), "3" = thrift_i32(3L), "4" = thrift_i32(3L)
    )
    page(0L, c(levels_of(missing), values), "5", about)
}

# One column of a row group: its pages, and where they begin and end.
column_chunk <- function(kind, values, missing) {
    present <- values[!missing]
    words <- if (identical(kind$type, 6L)) unique(present)
    if (is.null(words) || length(words) == 0L || 2 * length(words) > length(present)) {
        bytes <- if (length(present) > 0L) kind$bytes(present)
        return(list(bytes = data_page(missing, 0L, bytes), dictionary = 0))
    }
    about <- thrift_struct("1" = thrift_i32(length(words)), "2" = thrift_i32(0L))
    dictionary <- page(2L, texts(words), "7", about)
    places <- match(present, words) - 1L
    size <- if (length(words) <= 256L) 1L else if (length(words) <= 65536L) 2L else 4L
    places <- c(places, integer(-length(places) %% 8L))
    places <- c(as.raw(8L * size), packed(little(places, size), length(present)))
    list(bytes = c(dictionary, data_page(missing, 8L, places)), dictionary = length(dictionary))
}

bounds <- function(kind, values, missing) {
    statistics <- list("3" = thrift_i64(sum(missing)))
    present <- values[!missing]
    if (kind$ordered && length(present) > 0L) {
        statistics[["5"]] <- thrift_binary(kind$bytes(max(present)))
        statistics[["6"]] <- thrift_binary(kind$bytes(min(present)))
    }
    do.call(thrift_struct, statistics)
}

chunk_metadata <- function(name, kind, chunk, at, rows, statistics) {
    size <- thrift_i64(length(chunk$bytes))
    encodings <- lapply(if (chunk$dictionary > 0) c(0L, 3L, 8L) else c(0L, 3L), thrift_i32)
    metadata <- thrift_struct(
        "1" = thrift_i32(kind$type), "2" = thrift_list(encodings), "3" = thrift_list(list(thrift_binary(name))),
        "4" = thrift_i32(0L), "5" = thrift_i64(rows), "6" = size, "7" = size,
        "9" = thrift_i64(at + chunk$dictionary), "11" = if (chunk$dictionary > 0) thrift_i64(at), "12" = statistics
    )
    thrift_struct("2" = thrift_i64(at), "3" = metadata)
}

schema_of <- function(names, kinds) {
    root <- thrift_struct("4" = thrift_binary("schema"), "5" = thrift_i32(length(names)))
    columns <- Map(function(name, kind) {
        thrift_struct(
            "1" = thrift_i32(kind$type), "3" = thrift_i32(1L), "4" = thrift_binary(name),
            "6" = if (!is.null(kind$converted)) thrift_i32(kind$converted)
        )
    }, names, kinds)
    thrift_list(c(list(root), unname(columns)))
}

# What Parquet has no types for: the zone of instants, and durations.
arrow_types <- function(names, kinds) {
    types <- vapply(kinds, function(kind) if (is.null(kind$arrow)) "" else kind$arrow, "")
    told <- paste0(json_text(names), ":", json_text(types))[nzchar(types)]
    if (length(told) == 0L) return(NULL)
    text <- paste0("{", paste(told, collapse = ","), "}")
    pair <- thrift_struct("1" = thrift_binary("nbpress.types"), "2" = thrift_binary(text))
    thrift_list(list(pair))
}

write_parquet <- function(view, path, slice, room) {
    to <- file(path, "wb")
    on.exit(close(to))
    at <- 0
    put <- function(bytes) {
        writeBin(bytes, to)
        at <<- at + length(bytes)
    }
    put(charToRaw("PAR1"))
    groups <- list()
    for (first in seq(1, view$rows, by = slice)) {
        rows <- first:min(first + slice - 1, view$rows)
        begin <- at
        columns <- lapply(seq_along(view$names), function(column) {
            kind <- view$kinds[[column]]
            values <- kind$plain(part_of(view$columns[[column]], rows))
            missing <- kind$missing(values)
            chunk <- column_chunk(kind, values, missing)
            place <- at
            room$take(length(chunk$bytes))
            put(chunk$bytes)
            chunk_metadata(view$names[[column]], kind, chunk, place, length(rows), bounds(kind, values, missing))
        })
        groups <- c(groups, list(thrift_struct(
            "1" = thrift_list(columns), "2" = thrift_i64(at - begin), "3" = thrift_i64(length(rows))
        )))
    }
    # Bounds count only where values are said to be ordered as their types are.
    order <- thrift_struct("1" = thrift_struct())
    footer <- thrift_struct(
        "1" = thrift_i32(1L), "2" = schema_of(view$names, view$kinds), "3" = thrift_i64(view$rows),
        "4" = thrift_list(groups), "5" = arrow_types(view$names, view$kinds), "6" = thrift_binary("nbpress"),
        "7" = thrift_list(rep(list(order), length(view$names)))
    )
    put(c(footer$bytes, little(length(footer$bytes)), charToRaw("PAR1")))
    "parquet"
}
