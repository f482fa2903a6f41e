/* What the commands write as JSON, for the screens. */
#ifndef PS_APP_SCREEN_EXPORTS_H
#define PS_APP_SCREEN_EXPORTS_H

#include "ui/app_ui.h"

extern const struct ps_ui_exports ps_screen_exports;

#endif
