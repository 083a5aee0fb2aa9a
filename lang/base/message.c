/* message: the tables of lang/defs/msg_*.def and their templates. "{N}" is argument N; any other
** brace stands for itself, so that texts can quote the language. */
#include "lang/base/diag_parts.h"

#include <string.h>

#include "lang/base/assert.h"

/* Indexed by enum bf_lang. One more than there are: a table may not be empty. */
static const char *const text_table[BF_TEXT_COUNT + 1][2] = {
#define TEXT(id, en, zh) {en, zh},
#include "lang/defs/messages.def"
};

static const struct {
    char code[6];
    enum bf_severity sev;
    const char *text[2];
} diag_table[BF_DIAG_CODES + 1] = {
#define DIAG(id, sev, en, zh) {{#id[0], #id[1], #id[2], #id[3], #id[4], 0}, BF_SEV_##sev, {en, zh}},
#include "lang/defs/messages.def"
};

const char *bf_diag_code_z(enum bf_diag_code code) {
    BF_ASSERT(code < BF_DIAG_CODES);
    return diag_table[code].code;
}

enum bf_severity bf_diag_severity(enum bf_diag_code code) {
    BF_ASSERT(code < BF_DIAG_CODES);
    return diag_table[code].sev;
}

const char *bf_diag_template(enum bf_lang lang, enum bf_diag_code code) {
    BF_ASSERT(code < BF_DIAG_CODES);
    return diag_table[code].text[lang];
}

const char *bf_text_z(enum bf_lang lang, enum bf_text_id id) {
    BF_ASSERT(id < BF_TEXT_COUNT);
    return text_table[id][lang];
}

static void put_arg(struct bf_buf *out, enum bf_lang lang, const bf_arg *arg) {
    switch (arg->kind) {
    case BF_ARG_STR: bf_buf_str(out, arg->s); break;
    case BF_ARG_BOTH: bf_buf_str(out, lang == BF_LANG_ZH ? arg->zh : arg->s); break;
    case BF_ARG_INT: bf_buf_int(out, arg->i); break;
    case BF_ARG_TEXT: bf_buf_z(out, bf_text_z(lang, arg->text)); break;
    }
}

static bool is_one(const bf_arg *arg) {
    return arg->kind == BF_ARG_INT ? arg->i == 1
                                   : arg->kind != BF_ARG_TEXT && bf_str_eq(arg->s, BF_STR("1"));
}

void bf_template_render(struct bf_buf *out, enum bf_lang lang, const char *text, const bf_arg *args,
                        int nargs) {
    for (const char *brace; (brace = strchr(text, '{'));) {
        bf_buf_put(out, text, (size_t)(brace - text));
        text = brace;
        int n = brace[1] - '0';
        if (n >= 0 && n < 10 && n < nargs && brace[2] == '}') {
            put_arg(out, lang, &args[n]);
            text += 3;
        } else if (n >= 0 && n < 10 && n < nargs && brace[2] == '?' && strchr(text, '}')) {
            const char *end = strchr(text, '}');
            if (!is_one(&args[n]))
                bf_buf_put(out, text + 3, (size_t)(end - text - 3));
            text = end + 1;
        } else {
            bf_buf_char(out, '{');
            text++;
        }
    }
    bf_buf_z(out, text);
}

void bf_text_render(struct bf_buf *out, enum bf_lang lang, enum bf_text_id id, const bf_arg *args,
                    int nargs) {
    bf_template_render(out, lang, bf_text_z(lang, id), args, nargs);
}
