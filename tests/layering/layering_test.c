/* The direction of knowledge: no file includes a header of a folder that its own folder must not
 * know. The arrows here are those of src/README.md. */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support.h"

static const struct module {
    const char *name, *folder;
    const char *knows; /* itself is understood */
} modules[] = {
    {"base", "src/base", ""},
    {"model", "src/model", "base"},
    {"metrics", "src/metrics", "base"},
    {"engines", "engines", "metrics base"},
    {"host", "src/host", "engines model metrics stats base"},
    {"client", "src/client", "model metrics base"},
    {"stats", "src/stats", "base"},
    {"lab", "src/lab", "client model metrics stats base"},
    {"ui", "ui", "lab client model metrics stats base"},
    {"app", "src/app", "host client ui lab engines model metrics stats base"},
};
#define MODULES (sizeof modules / sizeof *modules)

static const struct module *module_of(const char *name, size_t length)
{
    for (size_t i = 0; i < MODULES; i++)
        if (strlen(modules[i].name) == length && strncmp(modules[i].name, name, length) == 0)
            return &modules[i];
    return NULL;
}

static bool has_word(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
            return true;
    return false;
}

/* What is wrong with a line of a file of the module; false: nothing. */
static bool is_wrong(const struct module *module, const char *line, char *why, size_t size)
{
    const char *at = line + strspn(line, " \t");
    if (*at++ != '#')
        return false;
    at += strspn(at, " \t");
    if (strncmp(at, "include", 7) != 0)
        return false;
    at += 7 + strspn(at + 7, " \t");
    if (*at != '"')
        return false;
    at++;
    size_t length = strcspn(at, "/\"");
    const struct module *target = module_of(at, length);
    if (at[length] != '/' || !target) {
        snprintf(why, size, "include \"%.*s\" does not begin with a module", (int)strcspn(at, "\""),
                 at);
        return true;
    }
    if (target == module || has_word(module->knows, target->name))
        return false;
    snprintf(why, size, "%s must not know %s", module->name, target->name);
    return true;
}

struct scan {
    unsigned files, includes, wrong;
};

static void scan_file(const struct module *module, const char *path, struct scan *scan)
{
    FILE *file = fopen(path, "re");
    if (!file)
        fail_msg("cannot read %s", path);
    char line[512], why[256];
    scan->files++;
    for (unsigned number = 1; fgets(line, sizeof line, file); number++) {
        scan->includes += strncmp(line, "#include \"", 10) == 0;
        if (is_wrong(module, line, why, sizeof why)) {
            print_error("%s:%u: %s\n", path, number, why);
            scan->wrong++;
        }
    }
    fclose(file);
}

static bool is_source(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && (strcmp(dot, ".c") == 0 || strcmp(dot, ".h") == 0 || strcmp(dot, ".S") == 0);
}

static void scan_folder(const struct module *module, const char *folder, struct scan *scan)
{
    DIR *entries = opendir(folder);
    if (!entries)
        fail_msg("cannot read %s", folder);
    struct dirent *entry;
    while ((entry = readdir(entries))) {
        if (entry->d_name[0] == '.')
            continue;
        char path[1024];
        struct stat info;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
            scan_folder(module, path, scan);
        else if (is_source(entry->d_name))
            scan_file(module, path, scan);
    }
    closedir(entries);
}

static void includes_follow_the_arrows(void **state)
{
    (void)state;
    struct scan scan = {0};
    for (size_t i = 0; i < MODULES; i++) {
        char folder[512];
        snprintf(folder, sizeof folder, "%s/%s", SOURCE_DIR, modules[i].folder);
        unsigned before = scan.files;
        scan_folder(&modules[i], folder, &scan);
        assert_true(scan.files > before);
    }
    assert_true(scan.includes > 50);
    assert_int_equal(scan.wrong, 0);
}

/* ps_module(NAME FOLDER KNOWS...) of the build says the same as the table. */
static void the_build_has_the_same_arrows(void **state)
{
    (void)state;
    FILE *file = fopen(SOURCE_DIR "/CMakeLists.txt", "re");
    assert_non_null(file);
    char line[512];
    size_t found = 0;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "ps_module(", 10) != 0)
            continue;
        char *save;
        const char *name = strtok_r(line + 10, " )\n", &save);
        const char *folder = strtok_r(NULL, " )\n", &save);
        const struct module *module = module_of(name, strlen(name));
        if (!module)
            fail_msg("module %s is not in the table", name);
        assert_string_equal(folder, module->folder);
        size_t known = 0;
        for (const char *word; (word = strtok_r(NULL, " )\n", &save)); known++)
            if (!has_word(module->knows, word))
                fail_msg("%s must not know %s", name, word);
        found++;
    }
    fclose(file);
    assert_int_equal(found, MODULES);
}

/* The scanner itself sees what it is there for. */
static void wrong_arrows_are_seen(void **state)
{
    (void)state;
    char why[256];
    const struct module *engines = module_of("engines", 7), *ui = module_of("ui", 2);
    assert_true(is_wrong(engines, "#include \"ui/canvas.h\"\n", why, sizeof why));
    assert_string_equal(why, "engines must not know ui");
    assert_true(is_wrong(engines, "  #  include \"model/experiment.h\"\n", why, sizeof why));
    assert_true(is_wrong(ui, "#include \"engines/engine.h\"\n", why, sizeof why));
    assert_true(is_wrong(ui, "#include \"canvas.h\"\n", why, sizeof why));
    assert_true(is_wrong(ui, "#include \"../src/host/host.h\"\n", why, sizeof why));
    assert_false(is_wrong(ui, "#include \"ui/canvas.h\"\n", why, sizeof why));
    assert_false(is_wrong(ui, "#include \"client/live.h\"\n", why, sizeof why));
    assert_false(is_wrong(ui, "#include <curses.h>\n", why, sizeof why));
    assert_false(is_wrong(ui, "/* #include \"engines/engine.h\" */\n", why, sizeof why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(includes_follow_the_arrows),
        cmocka_unit_test(the_build_has_the_same_arrows),
        cmocka_unit_test(wrong_arrows_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
