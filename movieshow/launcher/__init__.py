"""What ``make run`` runs: servers, database, demo data, worker, scheduler and site, and an end."""
