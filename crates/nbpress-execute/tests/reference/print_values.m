1;
function text = printed (value)
  if (isobject (value))
    keys = value.keys ();
    items = cell (1, numel (keys));
    for k = 1:numel (keys)
      items{k} = [printed(keys{k}) ":" printed(value(keys{k}))];
    endfor
    text = ["{" strjoin(sort (items), ",") "}"];
  elseif (iscell (value))
    items = cellfun (@printed, value(:)', "UniformOutput", false);
    text = ["[" strjoin(items, ",") "]"];
  elseif (ischar (value))
    text = ["s" sprintf("%02x", uint8 (value))];
  elseif (islogical (value))
    if (value) text = "t"; else text = "f"; endif
  elseif (isnan (value))
    text = "dnan";
  else
    text = ["d" num2hex(double (value))];
  endif
endfunction
function show (value)
  printf ("%s\n", printed (value));
endfunction
