/* message: see message.h. */
#include "cli/message.h"

#include <string.h>

static const unsigned char pages[] = {
#include "cli/messages.inc"
};

bool bf_cli_is_code(const char *z) {
    return strlen(z) == 5 && strchr("EWGNewgn", z[0]) && strspn(z + 1, "0123456789") == 4;
}

/* The lines of text, one after another; false at the end. */
static bool next_line(bf_str *text, bf_str *line) {
    if (!text->len)
        return false;
    const char *end = memchr(text->p, '\n', text->len);
    line->p = text->p;
    line->len = end ? (uint32_t)(end - text->p) : text->len;
    uint32_t used = line->len + (end ? 1 : 0);
    *text = (bf_str){text->p + used, text->len - used};
    return true;
}

/* The section of a code, without its heading. Codes are told in any case. */
static bool find_section(const char *code, bf_str *section) {
    bf_str rest = {(const char *)pages, (uint32_t)sizeof pages}, line, before;
    bool found = false;
    for (;;) {
        before = rest;
        if (!next_line(&rest, &line))
            break;
        bool head = bf_str_starts(line, BF_STR("## ")), page = bf_str_starts(line, BF_STR("# "));
        if (found && (head || page)) {
            section->len = (uint32_t)(before.p - section->p);
            return true;
        }
        if (head && line.len >= 8 && (line.p[3] | 32) == (code[0] | 32) &&
            !memcmp(line.p + 4, code + 1, 4)) {
            found = true;
            *section = rest;
        }
    }
    return found;
}

/* ```banfa wrong as=outline: "wrong (outline):" */
static void put_block_head(const struct bf_cli *cli, bf_str fence, struct bf_buf *out) {
    const char *space = memchr(fence.p, ' ', fence.len);
    bf_str words =
        space ? (bf_str){space, (uint32_t)(fence.p + fence.len - space)} : (bf_str){fence.p, 0};
    bool right = bf_str_starts(words, BF_STR(" right"));
    bf_buf_z(out, "\n  ");
    bf_buf_z(out, bf_text_z(cli->lang, right ? BF_T_MESSAGE_RIGHT : BF_T_MESSAGE_WRONG));
    for (uint32_t i = 0; i + 4 <= words.len; i++) {
        if (memcmp(words.p + i, " as=", 4) != 0)
            continue;
        uint32_t end = i + 4;
        while (end < words.len && words.p[end] != ' ')
            end++;
        bf_buf_z(out, "  ");
        bf_buf_put(out, words.p + i + 4, end - i - 4);
    }
    bf_buf_char(out, '\n');
}

/* The paragraphs of one language, then the examples. */
static void put_section(const struct bf_cli *cli, bf_str section, struct bf_buf *out) {
    bf_str line;
    bool block = false;
    while (next_line(&section, &line)) {
        if (bf_str_starts(line, BF_STR("```"))) {
            block = !block;
            if (block)
                put_block_head(cli, line, out);
        } else if (block) {
            bf_buf_z(out, "    ");
            bf_buf_str(out, line);
            bf_buf_char(out, '\n');
        } else if (line.len && ((line.p[0] & 0x80) != 0) == (cli->lang == BF_LANG_ZH)) {
            bf_buf_str(out, line);
            bf_buf_char(out, '\n');
        }
    }
}

int bf_cli_message(const struct bf_cli *cli, const char *code) {
    bf_str section = {0};
    struct bf_buf out;
    if (!find_section(code, &section))
        return bf_cli_missing(cli, BF_T_MESSAGE_NONE, BF_ARGS(bf_arg_str(bf_str_of(code))));
    bf_buf_init(&out);
    put_section(cli, section, &out);
    int status = bf_cli_write(cli, &out) ? BF_EXIT_FINE : BF_EXIT_USAGE;
    bf_buf_fini(&out);
    return status;
}
