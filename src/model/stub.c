typedef int ps_stub_model;
