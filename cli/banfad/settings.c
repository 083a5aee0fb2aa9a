/* settings: see banfad.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/banfad/banfad.h"

/* "--cache-cases=1000" names a setting, and so does "--cache-cases" (which then lacks its value). */
static bool names_setting(const char *arg) {
    if (strncmp(arg, "--", 2) != 0)
        return false;
    size_t len = strcspn(arg + 2, "=");
    for (int id = 0; id < BF_CONFIG_COUNT; id++) {
        const char *name = bf_config_name((enum bf_config_id)id);
        size_t i = 0;
        while (i < len && name[i] &&
               (arg[2 + i] == name[i] || (arg[2 + i] == '-' && name[i] == '_')))
            i++;
        if (i == len && !name[i])
            return true;
    }
    return false;
}

static void take_flags(struct bf_settings *s, bool all, int *argc, char **argv) {
    int kept = 1;
    s->flags = bf_new_array(s->arena, const char *, *argc);
    for (int i = 1; i < *argc; i++) {
        if (names_setting(argv[i]) || (all && strncmp(argv[i], "--", 2) == 0))
            s->flags[s->flag_count++] = argv[i];
        else
            argv[kept++] = argv[i];
    }
    argv[kept] = NULL;
    *argc = kept;
}

static enum bf_err load(const struct bf_settings *s, struct bf_arena *a,
                        struct bf_config_result *out, struct bf_error *e) {
    struct bf_config_input in = {
        .env = (const char *const *)environ, .args = s->flags, .arg_count = s->flag_count};
    if (s->file) {
        in.file_name = bf_str_of(s->file);
        enum bf_err err = bf_config_read_file(a, s->file, &in.file, e);
        if (err)
            return err;
    }
    bf_config_load(a, &in, out);
    return BF_OK;
}

bool bf_settings_take(struct bf_cli *cli, bool all, int *argc, char **argv,
                      struct bf_settings *out) {
    struct bf_error e;
    struct bf_buf text;
    jmp_buf jump;
    *out = (struct bf_settings){.arena = bf_arena_new(0)};
    if (out->arena)
        bf_arena_on_exhausted(out->arena, &jump);
    if (!out->arena || setjmp(jump)) {
        bf_fail(&e, BF_ENOMEM, "settings: out of memory");
        bf_cli_fail(cli, &e);
        return false;
    }
    const char *file = bf_cli_value(argc, argv, "--config");
    out->file = file ? file : getenv("BANFA_CONFIG");
    if (out->file && !*out->file)
        out->file = NULL;
    take_flags(out, all, argc, argv);
    if (load(out, out->arena, &out->r, &e)) {
        bf_cli_fail(cli, &e);
        return false;
    }
    bf_buf_in(&text, out->arena);
    bf_config_problems_print(&out->r, cli->lang, &text);
    if (text.len)
        fwrite(text.p, 1, text.len, stderr);
    bf_arena_on_exhausted(out->arena, NULL);
    return out->r.errors == 0;
}

bool bf_settings_again(const struct bf_settings *s, struct bf_arena *a,
                       struct bf_config_result *out, enum bf_lang lang, struct bf_buf *problems) {
    struct bf_error e;
    if (load(s, a, out, &e)) {
        bf_buf_z(problems, e.text);
        return false;
    }
    bf_config_problems_print(out, lang, problems);
    return out->errors == 0;
}

void bf_settings_fini(struct bf_settings *s) { bf_arena_free(s->arena); }

const char *bf_setting_z(const struct bf_settings *s, enum bf_config_id id) {
    return bf_str_z(s->arena, bf_config_text(&s->r.config, id));
}
