/* diag_json: a diagnostic as one JSON object a line, for editors and scripts. Keys and severity
** words are the same in every language; "message", "labels" and "hints" are in the user's. */
#include <jansson.h>

#include "lang/base/diag_parts.h"

static const char *severity_word(enum bf_severity sev) {
    switch (sev) {
    case BF_SEV_ERROR: return "error";
    case BF_SEV_WARNING: return "warning";
    case BF_SEV_GAP: return "gap";
    case BF_SEV_NOTE: return "note";
    }
    return "";
}

/* NULL values are tolerated by jansson and make the call fail: failures are summed up in *bad. */
static void set(json_t *object, const char *key, json_t *value, bool *bad) {
    *bad |= json_object_set_new(object, key, value) != 0;
}

static json_t *text_of(enum bf_lang lang, const char *text, const bf_arg *args, int nargs) {
    struct bf_buf buf;
    bf_buf_init(&buf);
    bf_template_render(&buf, lang, text, args, nargs);
    json_t *value = buf.failed ? NULL : json_stringn(buf.p ? buf.p : "", buf.len);
    bf_buf_fini(&buf);
    return value;
}

/* A file's name may be any bytes; JSON is UTF-8. */
static json_t *name_of(bf_str name) {
    struct bf_buf buf;
    bf_buf_init(&buf);
    for (const char *p = name.p, *end = p + name.len; p < end;) {
        uint32_t cp;
        int len = bf_utf8_decode(p, end, &cp);
        bf_buf_put(&buf, len ? p : "\xEF\xBF\xBD", len ? (size_t)len : 3);
        p += len ? len : 1;
    }
    json_t *value = buf.failed ? NULL : json_stringn(buf.p ? buf.p : "", buf.len);
    bf_buf_fini(&buf);
    return value;
}

static void set_span(json_t *object, struct bf_sources *sources, bf_span span, bool *bad) {
    if (span.file == BF_NO_FILE)
        return;
    struct bf_place from = bf_source_place(sources, span.file, span.start);
    struct bf_place to = bf_source_place(sources, span.file, span.end);
    set(object, "file", name_of(sources->file[span.file].name), bad);
    set(object, "line", json_integer(from.line), bad);
    set(object, "column", json_integer(from.column), bad);
    set(object, "end_line", json_integer(to.line), bad);
    set(object, "end_column", json_integer(to.column), bad);
    set(object, "start", json_integer(span.start), bad);
    set(object, "end", json_integer(span.end), bad);
}

static json_t *labels_of(const struct bf_diags *ds, const struct bf_diag *d, enum bf_lang lang,
                         bool *bad) {
    json_t *list = json_array();
    for (const struct bf_diag_label *l = d->labels; l; l = l->next) {
        json_t *object = json_object();
        bool primary = l == d->labels && bf_diag_first_is_primary(d);
        set_span(object, ds->sources, l->span, bad);
        set(object, "primary", json_boolean(primary), bad);
        set(object, "message", text_of(lang, bf_text_z(lang, l->text), l->args, l->nargs), bad);
        *bad |= json_array_append_new(list, object) != 0;
    }
    return list;
}

static json_t *hints_of(const struct bf_diag *d, enum bf_lang lang, bool *bad) {
    json_t *list = json_array();
    for (const struct bf_diag_label *h = d->hints; h; h = h->next) {
        json_t *text = text_of(lang, bf_text_z(lang, h->text), h->args, h->nargs);
        *bad |= json_array_append_new(list, text) != 0;
    }
    return list;
}

static int put_chunk(const char *p, size_t len, void *out) {
    bf_buf_put(out, p, len);
    return 0;
}

static void put_line(json_t *object, bool bad, struct bf_buf *out) {
    bad |= json_dump_callback(object, put_chunk, out, JSON_COMPACT) != 0;
    bf_buf_char(out, '\n');
    out->failed |= bad;
    json_decref(object);
}

void bf_diag_to_json(const struct bf_diags *ds, const struct bf_diag *d, enum bf_lang lang,
                     struct bf_buf *out) {
    bool bad = false;
    json_t *object = json_object();
    set(object, "code", json_string(bf_diag_code_z(d->code)), &bad);
    set(object, "severity", json_string(severity_word(d->sev)), &bad);
    set_span(object, ds->sources, d->span, &bad);
    const char *text = bf_diag_template(lang, d->code);
    set(object, "message", text_of(lang, text, d->args, d->nargs), &bad);
    set(object, "labels", labels_of(ds, d, lang, &bad), &bad);
    set(object, "hints", hints_of(d, lang, &bad), &bad);
    put_line(object, bad, out);
}

void bf_hidden_to_json(uint32_t hidden, uint32_t limit, bf_str message, struct bf_buf *out) {
    bool bad = false;
    json_t *object = json_object();
    set(object, "severity", json_string("note"), &bad);
    set(object, "hidden", json_integer(hidden), &bad);
    set(object, "limit", json_integer(limit), &bad);
    set(object, "message", json_stringn(message.p ? message.p : "", message.len), &bad);
    put_line(object, bad, out);
}
