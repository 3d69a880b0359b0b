Console.Error.WriteLine("usage: SafeDeploy.Benchmarks <scenario>");
return 64;
