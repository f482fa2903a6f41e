typedef int ps_stub_client;
