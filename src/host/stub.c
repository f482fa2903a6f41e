typedef int ps_stub_host;
