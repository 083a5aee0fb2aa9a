/* Canon: canonical JSON, read.
**
** What bf_value_json, bf_fact_json and the journal write is JSON in one spelling only: keys sorted and unlike,
** no blanks, integers of 64 bits and no other number, escapes only where JSON demands them. This reads that
** spelling and no other, so that what was read can be written again byte for byte. (What people and other
** programs send is read leniently, where it comes in.)
**
** All is in the arena, texts point into the bytes where nothing in them is escaped.
*/
#ifndef BF_CANON_H
#define BF_CANON_H

#include "engine/core/case.h"

enum bf_canon_kind {
    BF_CANON_NULL,
    BF_CANON_FALSE,
    BF_CANON_TRUE,
    BF_CANON_INT,
    BF_CANON_TEXT,
    BF_CANON_LIST,
    BF_CANON_OBJECT
};

struct bf_canon {
    enum bf_canon_kind kind;
    uint32_t count; /* LIST, OBJECT */
    int64_t i;      /* INT */
    bf_str text;    /* TEXT */
    const struct bf_canon
        *items;         /* LIST, OBJECT: the members' values, in the order of their keys */
    const bf_str *keys; /* OBJECT */
    bf_str bytes;       /* as written */
};

#define BF_CANON_DEPTH 64

/* The whole of the bytes as one value. BF_EFORMAT says what is wrong and at which byte. */
enum bf_err bf_canon_read(struct bf_arena *a, bf_str bytes, struct bf_canon *out,
                          struct bf_error *e);
/* A member; NULL if there is none, or it is no object. */
const struct bf_canon *bf_canon_member(const struct bf_canon *object, const char *key);
/* The first member whose key is none of those of a NULL-terminated list; NULL if all are, or it is no object. */
const bf_str *bf_canon_stranger(const struct bf_canon *object, const char *const *known);

/* The inverse of bf_value_json, by type row: the form says too little by itself (a Date and a text are both
** strings), and what it leaves out, the image knows. Absent whatever the type says; lists may be longer than
** their type's cap, identifiers unsound: rules made these values, or were asked about them. NULL: read; else what is
** wrong, in English. */
const char *bf_value_read(const struct bf_image *m, struct bf_arena *a, const struct bf_canon *j,
                          uint32_t type, struct bf_value *v);
/* A record by its row, as registers keep it. */
const char *bf_value_read_record(const struct bf_image *m, struct bf_arena *a,
                                 const struct bf_canon *j, uint32_t record, struct bf_value *v);
/* A party or office, or absent. */
const char *bf_value_read_party(const struct bf_image *m, struct bf_arena *a,
                                const struct bf_canon *j, struct bf_value *v);
/* The persons behind a deed: one of them at least. */
const char *bf_value_read_persons(const struct bf_image *m, struct bf_arena *a,
                                  const struct bf_canon *j, const struct bf_persons **h);
/* A violation, which is not absent. */
/* A party, or a list of parties; the i-th argument of an event that succeeds. */
const char *bf_value_read_parties(const struct bf_image *m, struct bf_arena *a,
                                  const struct bf_canon *j, struct bf_value *v);
const char *bf_value_read_succession(const struct bf_image *m, struct bf_arena *a,
                                     const struct bf_canon *j, uint32_t i, struct bf_value *v);
const char *bf_value_read_violation(const struct bf_image *m, struct bf_arena *a,
                                    const struct bf_canon *j, struct bf_value *v);
/* What was refused may have been of any kind: by its shape alone. A string is a text, an array a list, an object
** a party, violation, period or the first record with such fields. Written again it gives the same bytes. NULL,
** or what is wrong (an object like none of these). */
const char *bf_value_read_shape(const struct bf_image *m, struct bf_arena *a,
                                const struct bf_canon *j, struct bf_value *v);

/* The inverse of bf_case_json: a case that was started. BF_EFORMAT names the member. */
enum bf_err bf_case_read(const struct bf_image *m, struct bf_arena *a, const struct bf_canon *j,
                         struct bf_case **c, struct bf_error *e);

/* The inverse of bf_fact_json, for a fact of a case of the procedure. What a REFUSED fact was asked with is read
** by type where it fits it, else by shape. BF_EFORMAT names the member. */
enum bf_err bf_fact_read(const struct bf_image *m, uint32_t proc, struct bf_arena *a,
                         const struct bf_canon *j, struct bf_fact *f, struct bf_error *e);

#endif
