// A translation unit for the layer test; it is never built.
