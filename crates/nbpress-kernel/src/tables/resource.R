# What is shown of a data frame: its first rows, and where all of them are.

# Rows of an output, as long as they have no more fields and bytes together.
FIRST_ROWS <- 100
MOST_FIELDS <- 20000
MOST_BYTES <- 262144
MOST_COLUMNS <- 1000
# What is converted at once.
SLICE_ROWS <- 65536
SLICE_BYTES <- 33554432
# What a cell waits for its table, in seconds.
PATIENCE <- 5

resource <- function(frame) {
    count <- length(frame)
    if (!is.data.frame(frame) || count == 0L || count > MOST_COLUMNS) return(NULL)
    view <- view_of(frame)
    rows <- first_rows(view)
    about <- list(rows = view$rows)
    if (length(rows) < view$rows) {
        bytes <- max(1, sum(nchar(rows, type = "bytes")) / max(1, length(rows)))
        slice <- max(1, min(SLICE_ROWS, SLICE_BYTES %/% bytes))
        about <- c(about, kept(view, slice))
    }
    if (view$rows > 0 && length(rows) == 0L && is.null(about$table)) return(NULL)
    words <- vapply(view$kinds, `[[`, "", "word")
    fields <- paste0("{\"name\":", json_text(view$names), ",\"type\":", json_text(words), "}", collapse = ",")
    paste0(
        "{\"schema\":{\"fields\":[", fields, "]},\"data\":[", paste(rows, collapse = ","), "],\"nbpress\":",
        jsonlite::toJSON(about, auto_unbox = TRUE, digits = NA), "}"
    )
}

# The columns, before them the names of the rows where it has such.
view_of <- function(frame) {
    columns <- as.list(unclass(frame))
    rows <- .row_names_info(frame, 2L)
    names <- distinct(names(columns))
    if (.row_names_info(frame) > 0L) {
        names <- c(distinct("rowname", names), names)
        columns <- c(list(attr(frame, "row.names")), columns)
    }
    list(rows = rows, names = names, columns = unname(columns), kinds = lapply(unname(columns), kind_of))
}

# Texts, each different from all others: a name that comes again is numbered.
distinct <- function(names, taken = character()) {
    names <- enc2utf8(as.character(names))
    names[is.na(names) | !nzchar(names)] <- "column"
    for (at in seq_along(names)) {
        wanted <- names[[at]]
        number <- 1L
        while (names[[at]] %in% taken) {
            number <- number + 1L
            names[[at]] <- paste0(wanted, "_", number)
        }
        taken <- c(taken, names[[at]])
    }
    names
}

first_rows <- function(view) {
    count <- min(FIRST_ROWS, view$rows, max(1, MOST_FIELDS %/% length(view$names)))
    columns <- Map(function(name, kind, column) {
        paste0(json_text(name), ":", json_values(kind, part_of(column, seq_len(count))))
    }, view$names, view$kinds, view$columns)
    if (count == 0) return(character())
    rows <- paste0("{", do.call(paste, c(unname(columns), sep = ",")), "}")
    rows[cumsum(nchar(rows, type = "bytes")) <= MOST_BYTES]
}

# Writes all rows to a file named by the SHA-256 of its bytes, or says why not.
kept <- function(view, slice) {
    if (is.null(settings$folder)) return(list(omitted = "tables of this run are not kept"))
    if (view$rows > settings$rows) {
        return(list(omitted = sprintf("it has more than %.0f rows", settings$rows)))
    }
    unfinished <- file.path(settings$folder, paste0(".", uuid::UUIDgenerate()))
    on.exit(unlink(unfinished))
    tryCatch({
        written <- write_parquet(view, unfinished, slice, room_of(min(settings$bytes, settings$left)))
        settings$left <<- settings$left - file.size(unfinished)
        name <- digest::digest(unfinished, algo = "sha256", file = TRUE)
        stopifnot(file.rename(unfinished, file.path(settings$folder, name)))
        list(table = name, format = written)
    }, omitted = function(why) list(omitted = why$message), error = function(error) {
        list(omitted = paste("it could not be written:", class(error)[[1L]]))
    })
}

# What may still be written of a table, and until when.
room_of <- function(most) {
    until <- proc.time()[["elapsed"]] + PATIENCE
    omit <- function(why) stop(structure(class = c("omitted", "condition"), list(message = why, call = NULL)))
    list(take = function(size) {
        most <<- most - size
        if (most < 0) omit("it takes more bytes than are kept")
        if (proc.time()[["elapsed"]] > until) omit(sprintf("it takes longer than %d s to write", PATIENCE))
    })
}
