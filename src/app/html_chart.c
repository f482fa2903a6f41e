#include "app/html_chart.h"

#include <math.h>

#include "app/json_text.h"

/* The drawing, in its own units; it grows with the page. */
enum {
    WIDTH = 900,
    LEFT = 80,
    RIGHT = 12,
    TOP = 10,
    HEIGHT = 190,
    BOTTOM = 26,
    LANE = 12,
    GRID_LINES = 4,
    TIME_LABELS = 8 /* at most */
};

double ps_chart_top(double value)
{
    if (!(value > 0))
        return 1;
    double unit = pow(10, floor(log10(value)));
    double steps[] = {1, 2, 5, 10};
    for (unsigned i = 0; i < 4; i++)
        if (value <= steps[i] * unit * (1 + 1e-9))
            return steps[i] * unit;
    return 10 * unit;
}

static double x_of(unsigned column, unsigned columns)
{
    return LEFT + (double)(WIDTH - LEFT - RIGHT) * column / columns;
}

static void open_figure(FILE *to, const char *title, const char *note, int height)
{
    fputs("<figure><figcaption><strong>", to);
    ps_html_text(to, title);
    fputs("</strong> <span class=\"note\">", to);
    ps_html_text(to, note);
    fprintf(to, "</span></figcaption>\n<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"",
            WIDTH, height);
    ps_html_text(to, title);
    fputs("\">\n", to);
}

static void time_axis(FILE *to, double seconds, int y)
{
    double step = ps_chart_top(seconds / TIME_LABELS);
    for (unsigned i = 0; i * step <= seconds; i++) {
        double x = LEFT + (WIDTH - LEFT - RIGHT) * (i * step / seconds);
        fprintf(to, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%.6g s</text>\n", x, y + 16,
                x > WIDTH - LEFT / 2.0 ? "end" : "middle", i * step);
    }
}

static double highest(const struct ps_chart *chart)
{
    double most = 0;
    for (unsigned s = 0; s < chart->count; s++)
        for (unsigned i = 0; i < chart->columns; i++)
            if (chart->series[s].value[i] > most)
                most = chart->series[s].value[i];
    return most;
}

static void grid(FILE *to, const struct ps_chart *chart, double top)
{
    char text[32];
    for (int i = 0; i <= GRID_LINES; i++) {
        double y = TOP + HEIGHT - (double)HEIGHT * i / GRID_LINES;
        fprintf(to, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>\n", LEFT,
                WIDTH - RIGHT, y, y);
        fprintf(to, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", LEFT - 6, y + 4,
                i ? chart->format(text, sizeof text, top * i / GRID_LINES) : "0");
    }
}

/* A line, broken where nothing is known. A point alone gets a length that can be seen. */
static void path(FILE *to, const struct ps_chart *chart, unsigned s, double top)
{
    const double *value = chart->series[s].value;
    bool drawing = false;
    fprintf(to, "<path class=\"line\" style=\"stroke:var(--c%u)\" d=\"", s + 1);
    for (unsigned i = 0; i < chart->columns; i++) {
        if (!isfinite(value[i])) {
            drawing = false;
            continue;
        }
        double y = TOP + HEIGHT - HEIGHT * value[i] / top;
        fprintf(to, "%s%.1f %.1f", drawing ? "L" : "M", x_of(i, chart->columns), y);
        fprintf(to, "H%.1f", x_of(i + 1, chart->columns));
        drawing = true;
    }
    fputs("\"/>\n", to);
}

static void entry(FILE *to, const char *variable, unsigned number, const char *name)
{
    fprintf(to, "<span class=\"key\"><i style=\"background:var(--%s%u)\"></i>", variable, number);
    ps_html_text(to, name);
    fputs("</span>\n", to);
}

void ps_chart_write(FILE *to, const struct ps_chart *chart)
{
    double top = ps_chart_top(highest(chart));
    open_figure(to, chart->title, chart->note, TOP + HEIGHT + BOTTOM);
    grid(to, chart, top);
    time_axis(to, chart->seconds, TOP + HEIGHT);
    for (unsigned s = 0; s < chart->count; s++)
        path(to, chart, s, top);
    fputs("</svg>\n", to);
    for (unsigned s = 0; s < chart->count; s++)
        entry(to, "c", s + 1, chart->series[s].name);
    fputs("</figure>\n", to);
}

/* Columns of the same state are one box. */
static void lane(FILE *to, const struct ps_lanes_chart *chart, unsigned worker)
{
    const uint8_t *state = chart->lane[worker];
    int y = TOP + (int)worker * LANE;
    if (chart->lanes <= 32 || worker % 4 == 0)
        fprintf(to, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">W%u</text>\n", LEFT - 6,
                y + LANE - 2, worker);
    for (unsigned first = 0, i = 1; i <= chart->columns; i++) {
        if (i < chart->columns && state[i] == state[first])
            continue;
        double x = x_of(first, chart->columns), end = x_of(i, chart->columns);
        if (state[first] < PS_STATE_COUNT && state[first] != PS_STATE_OFF)
            fprintf(to,
                    "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" "
                    "fill=\"var(--state-%u)\"><title>W%u %s</title></rect>\n",
                    x, y, end - x, LANE - 2, (unsigned)state[first], worker,
                    ps_state_name((enum ps_state)state[first]));
        first = i;
    }
}

void ps_lanes_write(FILE *to, const struct ps_lanes_chart *chart)
{
    int height = (int)chart->lanes * LANE;
    bool seen[PS_STATE_COUNT + 1] = {false};
    open_figure(to, chart->title, chart->note, TOP + height + BOTTOM);
    for (unsigned worker = 0; worker < chart->lanes; worker++) {
        lane(to, chart, worker);
        for (unsigned i = 0; i < chart->columns; i++)
            seen[chart->lane[worker][i]] = true;
    }
    time_axis(to, chart->seconds, TOP + height);
    fputs("</svg>\n", to);
    for (unsigned state = PS_STATE_OFF + 1; state < PS_STATE_COUNT; state++)
        if (seen[state])
            entry(to, "state-", state, ps_state_name((enum ps_state)state));
    fputs("</figure>\n", to);
}
