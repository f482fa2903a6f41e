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
    part->right = false;
    snprintf(part->label, sizeof part->label, "%s", label);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(part->value, sizeof part->value, format, arguments);
    va_end(arguments);
    return part;
}

static int part_width(const struct ps_flow_part *part)
{
    int label = ps_text_width(part->label), value = ps_text_width(part->value);
    return label + value + (label && value);
}

static int flow_width(const struct ps_flow *flow, const bool *out)
{
    int width = 0;
    for (unsigned i = 0; i < flow->count; i++)
        if (!out[i])
            width += part_width(&flow->part[i]) + flow->gap;
    return width - flow->gap;
}

/* Leave parts out, the last of the highest rank first, until the rest fits. */
static void drop(const struct ps_flow *flow, int width, bool *out)
{
    while (flow_width(flow, out) > width) {
        int worst = -1;
        for (unsigned i = 0; i < flow->count; i++)
            if (!out[i] && (worst < 0 || flow->part[i].rank >= flow->part[worst].rank))
                worst = (int)i;
        if (worst < 0)
            return;
        out[worst] = true;
    }
}

static int draw_part(const struct ps_canvas *row, int x, int y, const struct ps_flow_part *part)
{
    if (part->label[0])
        x = ps_canvas_put(row, x, y, part->label_style, part->label) + (part->value[0] != 0);
    return ps_canvas_put(row, x, y, part->value_style, part->value);
}

void ps_flow_draw(const struct ps_canvas *row, int y, const struct ps_flow *flow)
{
    bool out[PS_FLOW_PARTS] = {false};
    drop(flow, row->width - 2, out);
    int x = 1, right = row->width - 1;
    for (unsigned i = flow->count; i-- > 0;) {
        const struct ps_flow_part *part = &flow->part[i];
        if (out[i] || !part->right)
            continue;
        right -= part_width(part);
        draw_part(row, right, y, part);
        right -= flow->gap;
    }
    struct ps_canvas left = ps_canvas_view(row, 0, 0, right + flow->gap, row->height);
    for (unsigned i = 0; i < flow->count; i++) {
        const struct ps_flow_part *part = &flow->part[i];
        if (out[i] || part->right)
            continue;
        x = draw_part(&left, x, y, part) + flow->gap;
    }
}
