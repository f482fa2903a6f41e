#include <stdio.h>
#include <stdlib.h>

#include "app/pick.h"
#include "host/host.h"
#include "lab/judge.h"
#include "model/unused.h"

const struct ps_option ps_check_options[] = {PS_OPTIONS_END};

static bool check_file(const char *path)
{
    struct ps_experiment experiment;
    struct ps_complaints complaints = {0};
    struct ps_lab *lab = malloc(sizeof *lab);
    enum ps_err err = PS_ENOMEM;
    if (lab)
        err = ps_lab_load(&experiment, lab, ps_host_vocabulary(), path, &complaints);
    if (err == PS_OK)
        err = ps_lab_check(lab, &experiment, path, &complaints);
    if (err == PS_OK) {
        struct ps_complaints warnings = {0};
        ps_lab_unused(lab, &experiment, ps_host_vocabulary(), path, &warnings);
        ps_unused_locate(&warnings, path);
        ps_pick_warn(&warnings);
    }
    free(lab);
    if (err == PS_OK) {
        printf("%s: ok\n", path);
        return true;
    }
    if (complaints.count)
        ps_pick_complain(&complaints);
    else
        fprintf(stderr, "%s: %s\n", path, err == PS_ENOENT ? "no such file" : ps_err_text(err));
    return false;
}

int ps_cmd_check(const struct ps_command *command, int argc, char **argv)
{
    struct ps_arguments arguments;
    char nothing;
    int code;
    if (ps_app_options(command, argc, argv, &nothing, &arguments, &code) != PS_OPTIONS_DONE)
        return code;
    if (arguments.count == 0) {
        ps_app_complain("check: expected at least one file");
        return PS_EXIT_USAGE;
    }
    code = PS_EXIT_OK;
    for (size_t i = 0; i < arguments.count; i++)
        if (!check_file(arguments.item[i]))
            code = PS_EXIT_USAGE;
    return ps_app_finish(code);
}
