/* Export: a closed store's journal as a journal file (engine/core/journal_file.h), images and calendars first. */
#ifndef BF_EXPORT_H
#define BF_EXPORT_H

#include "engine/core/journal_file.h"
#include "engine/service/closed.h"

/* *rows: how many were written. */
enum bf_err bf_export(struct bf_closed *from, const struct bf_sink *to, uint64_t *rows,
                      struct bf_error *e);

#endif
