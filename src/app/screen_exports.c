#include "app/screen_exports.h"

#include "app/compare_report.h"
#include "app/tune_report.h"

static enum ps_err write_compare(const struct ps_compare *compare, const char *preset,
                                 const char *const *given, FILE *to)
{
    struct ps_compare_report report = {
        .preset = preset, .spec = ps_compare_spec(compare), .given = given, .compare = compare};
    return ps_compare_json(&report, to);
}

static enum ps_err write_tune(const struct ps_tune *tune, const struct ps_conclusion *conclusion,
                              FILE *to)
{
    struct ps_tune_report report = {
        .about = ps_tune_about(tune), .surface = ps_tune_surface(tune), .conclusion = conclusion};
    report.cells = ps_tune_cells(tune, &report.cell_count);
    return ps_tune_json(&report, to);
}

const struct ps_ui_exports ps_screen_exports = {.compare = write_compare, .tune = write_tune};
