--- What busted asks of the module lua-term, for machines that have no build of it.
return { isatty = function() return false end }
