CREATE TABLE tbl_sites (site_id int PRIMARY KEY, site_name text, region text, opened_on date);
CREATE TABLE tbl_devices (device_id int PRIMARY KEY, serial_no text, model text, site_id int, installed_on date, is_online boolean, firmware_ver text);
CREATE TABLE tbl_readings (reading_id bigint PRIMARY KEY, device_id int, recorded_at timestamptz, temp_c numeric, humidity_pct numeric, battery_volt numeric);
CREATE TABLE tbl_alerts (alert_id int PRIMARY KEY, device_id int, raised_at timestamptz, resolved_at timestamptz, severity text, msg text);
INSERT INTO tbl_sites SELECT i, (ARRAY['North Dock','South Dock','Mill','Harbor','Depot'])[i], (ARRAY['north','south','north','west','south'])[i], date '2015-01-01'+i*300 FROM generate_series(1,5) i;
INSERT INTO tbl_devices SELECT i, 'SN'||(1000+i), (ARRAY['TX-100','TX-200','RX-9'])[1+i%3], 1+i%4, date '2020-01-01'+i*37, i%5<>0, (ARRAY['1.0','1.1','2.0'])[1+i%3] FROM generate_series(1,25) i;
INSERT INTO tbl_readings SELECT i, 1+(i*7)%24, now()-(i*5||' hours')::interval, 10+(i*13)%25, 30+(i*7)%60, 3+(i%10)*0.1 FROM generate_series(1,600) i;
INSERT INTO tbl_alerts SELECT i, 1+(i*i)%20, now()-(i*2||' days')::interval, CASE WHEN i%3=0 THEN NULL ELSE now()-(i*2-1||' days')::interval END, (ARRAY['low','high','critical'])[1+i%3], 'x' FROM generate_series(1,60) i;
