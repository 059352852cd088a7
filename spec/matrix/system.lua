--- What busted asks of the module luasystem, for machines that have no build of it.
return { gettime = os.time, monotime = os.clock, sleep = function() end }
