/* Journal file: a partition's journal as one file of lines, which is read without a database.
**
**     banfa journal 1 sha256               format and hash of the tree
**     image HASH BASE64                    each before the first row that names it
**     calendar HASH NAME BASE64
**     row HEADER SALT BODY                 header and salt in hexadecimal, the body as it is (journal.h)
**     gone HEADER BODYHASH                 a row whose body and salt were dropped
**     end COUNT ROOT                       rows, and the root of their tree (merkle.h)
**
** Words are parted by one blank, lines end in a newline.
**
** 1. A file that was cut off, or any byte of whose rows was changed, is not read to its end without an error: rows
**    come one by one, but nothing is proved before the last line was read.
** 2. Whatever the bytes: an error naming the line, and no more memory than the longest line and the limits here ask.
** 3. Reading and writing again gives the same lines.
*/
#ifndef BF_JOURNAL_FILE_H
#define BF_JOURNAL_FILE_H

#include "engine/core/calendar.h"
#include "engine/core/journal.h"
#include "engine/core/merkle.h"

#define BF_JOURNAL_LINE_MAX (96u << 20)
#define BF_JOURNAL_BLOBS_MAX ((size_t)1 << 30) /* images and calendars, loaded */
#define BF_JOURNAL_ROW_MAX ((size_t)1 << 30)   /* one row, read */

/* ---- writing ---- */
struct bf_journal_out;
struct bf_sink {
    enum bf_err (*write)(void *ctx, const void *p, size_t n, struct bf_error *e);
    void *ctx;
};
/* Writes the first line. */
enum bf_err bf_journal_out_open(const struct bf_sink *to, enum bf_hash hash,
                                struct bf_journal_out **out, struct bf_error *e);
enum bf_err bf_journal_out_image(struct bf_journal_out *o, const struct bf_image *m,
                                 struct bf_error *e);
/* bytes: the calendar's file. */
enum bf_err bf_journal_out_calendar(struct bf_journal_out *o, bf_str name, bf_str bytes,
                                    struct bf_error *e);
enum bf_err bf_journal_out_row(struct bf_journal_out *o, const uint8_t head[BF_ENTRY_HEAD],
                               const uint8_t salt[BF_MERKLE_SALT], bf_str body, struct bf_error *e);
enum bf_err bf_journal_out_gone(struct bf_journal_out *o, const uint8_t head[BF_ENTRY_HEAD],
                                const uint8_t body_hash[BF_HASH_LEN], struct bf_error *e);
/* The last line. */
enum bf_err bf_journal_out_end(struct bf_journal_out *o, struct bf_error *e);
void bf_journal_out_free(struct bf_journal_out *o); /* NULL is fine */

/* ---- reading ---- */
struct bf_journal_in;
struct bf_supply {
    /* *got 0: the end. */
    enum bf_err (*read)(void *ctx, void *p, size_t n, size_t *got, struct bf_error *e);
    void *ctx;
};
/* Reads the first line. */
enum bf_err bf_journal_in_open(const struct bf_supply *from, struct bf_journal_in **in,
                               struct bf_error *e);
/* The next row; false when the last line was reached and told the truth, or on failure (*err set). Entry and row
** stay until the next call, images until the reader is freed. Fits struct bf_entries. */
bool bf_journal_in_next(void *in, struct bf_entry *n, enum bf_err *err, struct bf_error *e);
/* The row just read, as it stood in the file. */
struct bf_journal_row {
    uint8_t head[BF_ENTRY_HEAD];
    bool gone;
    uint8_t salt[BF_MERKLE_SALT];   /* not gone */
    uint8_t body_hash[BF_HASH_LEN]; /* gone */
    bf_str body;
};
const struct bf_journal_row *bf_journal_in_row(const struct bf_journal_in *in);
/* A calendar of the file, all it holds known; NULL: none of that hash so far. */
const struct bf_calendar *bf_journal_in_calendar(const struct bf_journal_in *in,
                                                 const uint8_t hash[BF_SHA256_LEN]);
void bf_journal_in_free(struct bf_journal_in *in); /* NULL is fine */

#endif
