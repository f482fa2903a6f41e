#include "ui/widgets/widget.h"

const struct ps_widget *const ps_panels[] = {
    &ps_widget_lanes,
    &ps_widget_throughput,
    &ps_widget_queue,
    &ps_widget_latency,
    &ps_widget_steals,
    &ps_widget_waiting,
    &ps_widget_diagnosis,
    &ps_widget_events,
    &ps_widget_picture,
    &ps_widget_types,
    NULL,
};

unsigned ps_panel_count(void)
{
    unsigned count = 0;
    while (ps_panels[count])
        count++;
    return count;
}
