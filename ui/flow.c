#include "ui/flow.h"

#include <stdarg.h>
#include <stdio.h>

struct ps_flow_part *ps_flow_add(struct ps_flow *flow, unsigned rank, enum ps_style style,
                                 const char *label, const char *format, ...)
{
    struct ps_flow_part *part = &flow->part[flow->count < PS_FLOW_PARTS ? flow->count++ : 0];
    part->rank = rank;
    part->label_style = PS_STYLE_LABEL;
    part->value_style = style;
    part->right = part->plain = false;
    part->least = 0;
    snprintf(part->label, sizeof part->label, "%s", label);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(part->value, sizeof part->value, format, arguments);
    va_end(arguments);
    return part;
}

/* What becomes of the parts where they do not all fit. */
struct fitted {
    bool out[PS_FLOW_PARTS];
    int value[PS_FLOW_PARTS]; /* columns */
    bool tight;               /* without the labels that can go, and with small gaps */
    int gap;
};

static int part_width(const struct ps_flow *flow, const struct fitted *fitted, unsigned i)
{
    const struct ps_flow_part *part = &flow->part[i];
    int label = fitted->tight && part->plain ? 0 : ps_text_width(part->label);
    return label + fitted->value[i] + (label && fitted->value[i]);
}

static int flow_width(const struct ps_flow *flow, const struct fitted *fitted)
{
    int width = 0;
    for (unsigned i = 0; i < flow->count; i++)
        if (!fitted->out[i])
            width += part_width(flow, fitted, i) + fitted->gap;
    return width - fitted->gap;
}

/* How soon a part goes: by rank, and of the same rank what stands at the right end later. */
static unsigned haste(const struct ps_flow_part *part)
{
    return 2 * part->rank + !part->right;
}

/* Shorten or leave out the last part of the highest rank, until the rest fits. */
static void fit(const struct ps_flow *flow, int width, struct fitted *fitted)
{
    int over;
    while ((over = flow_width(flow, fitted) - width) > 0) {
        int worst = -1;
        for (unsigned i = 0; i < flow->count; i++)
            if (!fitted->out[i] &&
                (worst < 0 || haste(&flow->part[i]) >= haste(&flow->part[worst])))
                worst = (int)i;
        if (worst < 0)
            return;
        const struct ps_flow_part *part = &flow->part[worst];
        if (part->least && fitted->value[worst] - over >= part->least) {
            fitted->value[worst] -= over;
        } else if (part->rank == 0 && !fitted->tight) {
            fitted->tight = true;
            fitted->gap = flow->gap < 2 ? flow->gap : 2;
        } else {
            fitted->out[worst] = true;
        }
    }
}

static int draw_part(const struct ps_canvas *row, int x, int y, const struct ps_flow *flow,
                     const struct fitted *fitted, unsigned i)
{
    const struct ps_flow_part *part = &flow->part[i];
    if (part->label[0] && !(fitted->tight && part->plain))
        x = ps_canvas_put(row, x, y, part->label_style, part->label) + (part->value[0] != 0);
    return ps_canvas_fit(row, x, y, fitted->value[i], part->value_style, part->value);
}

void ps_flow_draw(const struct ps_canvas *row, int y, const struct ps_flow *flow)
{
    struct fitted fitted = {.gap = flow->gap};
    for (unsigned i = 0; i < flow->count; i++)
        fitted.value[i] = ps_text_width(flow->part[i].value);
    fit(flow, row->width - 2, &fitted);
    int x = 1, right = row->width - 1;
    for (unsigned i = flow->count; i-- > 0;) {
        if (fitted.out[i] || !flow->part[i].right)
            continue;
        right -= part_width(flow, &fitted, i);
        draw_part(row, right, y, flow, &fitted, i);
        right -= fitted.gap;
    }
    struct ps_canvas left = ps_canvas_view(row, 0, 0, right + fitted.gap, row->height);
    for (unsigned i = 0; i < flow->count; i++) {
        if (fitted.out[i] || flow->part[i].right)
            continue;
        x = draw_part(&left, x, y, flow, &fitted, i) + fitted.gap;
    }
}
