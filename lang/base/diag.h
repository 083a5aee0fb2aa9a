/* Diagnostics: what the compiler has to say to an author.
**
** A diagnostic is a record: stable code, severity, primary span, labelled secondary spans, hints.
** Producers never print, renderers never decide. Texts are templates of the tables
** lang/defs/msg_*.def, in English and Chinese; {0} {1} … stand for the arguments, which are kept
** as data until a renderer knows the language.
**
** What follows from an earlier mistake is not reported: producers mark broken nodes and stay
** silent about them. bf_diags_sort orders by file and offset and drops exact repeats.
*/
#ifndef BF_DIAG_H
#define BF_DIAG_H

#include "lang/base/source.h"

enum bf_severity { BF_SEV_ERROR, BF_SEV_WARNING, BF_SEV_GAP, BF_SEV_NOTE };
enum bf_lang { BF_LANG_EN, BF_LANG_ZH };

/* Codes: DIAG(E0201_UNDEFINED, ERROR, en, zh) makes BF_E0201_UNDEFINED; its printed code is the
** five characters before the first underscore. */
enum bf_diag_code {
#define DIAG(id, sev, en, zh) BF_##id,
#include "lang/defs/messages.def"
    BF_DIAG_CODES
};

/* Other texts: labels, hints, words of the timeline and of refusals. TEXT(id, en, zh) makes
** BF_T_id. */
enum bf_text_id {
#define TEXT(id, en, zh) BF_T_##id,
#include "lang/defs/messages.def"
    BF_TEXT_COUNT
};

typedef struct {
    enum { BF_ARG_STR, BF_ARG_INT, BF_ARG_TEXT, BF_ARG_BOTH } kind;
    bf_str s;             /* STR: copied into the collector's arena by bf_diag */
    bf_str zh;            /* BOTH: a text made by the producer, s in English and zh in Chinese */
    int64_t i;            /* INT */
    enum bf_text_id text; /* TEXT: another table text, in the renderer's language */
} bf_arg;
static inline bf_arg bf_arg_str(bf_str s) { return (bf_arg){.kind = BF_ARG_STR, .s = s}; }
static inline bf_arg bf_arg_both(bf_str en, bf_str zh) {
    return (bf_arg){.kind = BF_ARG_BOTH, .s = en, .zh = zh};
}
static inline bf_arg bf_arg_int(int64_t i) { return (bf_arg){.kind = BF_ARG_INT, .i = i}; }
static inline bf_arg bf_arg_text(enum bf_text_id t) {
    return (bf_arg){.kind = BF_ARG_TEXT, .text = t};
}
/* Arguments of a template: BF_ARGS(bf_arg_str(name), bf_arg_int(3)), or BF_NOARGS. */
#define BF_ARGS(...) \
    ((const bf_arg[]){__VA_ARGS__}), (int)(sizeof((const bf_arg[]){__VA_ARGS__}) / sizeof(bf_arg))
#define BF_NOARGS NULL, 0

struct bf_diag_label {
    bf_span span;
    enum bf_text_id text;
    bf_arg *args;
    int nargs;
    struct bf_diag_label *next;
};

struct bf_diag {
    enum bf_diag_code code;
    enum bf_severity sev;
    bf_span span;
    bf_arg *args;
    int nargs;
    struct bf_diag_label *labels; /* a first one whose span equals ours labels the primary span */
    struct bf_diag_label *hints;  /* span unused */
    uint32_t order;
};

struct bf_diags;

/* Keeps at most max_shown diagnostics whole; of the rest only the count (0: no limit). */
struct bf_diags *bf_diags_new(struct bf_arena *a, struct bf_sources *sources, uint32_t max_shown);

/* Adds one and returns it for labels and hints. Never NULL: past the limit a scratch record is
** returned that nobody will see. */
struct bf_diag *bf_diag(struct bf_diags *ds, enum bf_diag_code code, bf_span span,
                        const bf_arg *args, int nargs);
void bf_diag_label(struct bf_diags *ds, struct bf_diag *d, bf_span span, enum bf_text_id text,
                   const bf_arg *args, int nargs);
void bf_diag_hint(struct bf_diags *ds, struct bf_diag *d, enum bf_text_id text, const bf_arg *args,
                  int nargs);

uint32_t bf_diags_count(const struct bf_diags *ds, enum bf_severity sev); /* all, shown or not */
void bf_diags_sort(struct bf_diags *ds);
uint32_t bf_diags_shown(const struct bf_diags *ds);
const struct bf_diag *bf_diags_get(const struct bf_diags *ds, uint32_t i);

/* ---- rendering ---- */
const char *bf_diag_code_z(enum bf_diag_code code); /* "E0201" */
void bf_text_render(struct bf_buf *out, enum bf_lang lang, enum bf_text_id id, const bf_arg *args,
                    int nargs);
const char *bf_text_z(enum bf_lang lang, enum bf_text_id id); /* the template itself */

struct bf_render {
    enum bf_lang lang;
    int ambiguous_width; /* 1 or 2 */
    bool json;           /* one JSON object a line, for editors and scripts */
    bool color;
};
/* Renders the sorted diagnostics with severity in the mask (1 << BF_SEV_…). */
void bf_diags_render(const struct bf_diags *ds, const struct bf_render *how, unsigned mask,
                     struct bf_buf *out);

/* From --lang, else LANGUAGE, LC_ALL, LC_MESSAGES, LANG; no locale need be installed.
** flag may be NULL. Returns false if flag is neither zh nor en (in any usual form). */
bool bf_lang_choose(const char *flag, enum bf_lang *lang);

#endif
