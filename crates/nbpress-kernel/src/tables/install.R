# Has IRkernel show data frames as rows, too: one more type that it makes of what a cell shows.

shown <- function(object, ...) {
    if (!is.data.frame(object) || isFALSE(getOption("nbpress.tables"))) return(NULL)
    # A table that cannot be made is not the notebook's fault: it shows what it did before.
    json <- tryCatch(suppressMessages(suppressWarnings(resource(object))), error = function(error) NULL)
    if (!is.null(json)) structure(json, class = "nbpress_json")
}

# IRkernel writes numbers with four decimals; what is JSON already stays as it is.
methods::setOldClass("nbpress_json", where = environment())
methods::setMethod(
    utils::getFromNamespace("asJSON", "jsonlite"), "nbpress_json",
    function(x, ...) as.character(unclass(x)), where = environment()
)

TYPE <- "application/vnd.dataresource+json"
reprs <- asNamespace("repr")
unlockBinding("mime2repr", reprs)
reprs$mime2repr[[TYPE]] <- shown
lockBinding("mime2repr", reprs)
options(jupyter.display_mimetypes = union(getOption("jupyter.display_mimetypes"), TYPE))
