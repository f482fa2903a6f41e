typedef int ps_stub_ui;
