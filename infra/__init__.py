"""Everything that runs Sightline and is not Sightline: servers, schema, models, images, the command line."""
