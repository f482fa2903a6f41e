typedef int ps_stub_app;
