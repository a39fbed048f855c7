package dialguard

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

func prefixes(t *testing.T, text string) []netip.Prefix {
	t.Helper()
	list, err := ParseList(text)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestPublicOnly has addresses of every class, in every way of writing them, and
// the neighbours of the networks that are refused.
func TestPublicOnly(t *testing.T) {
	t.Parallel()
	refused := map[class]string{
		classPrivate: "10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.254 192.168.0.1 fc00::1 fd12:3456::1 fec0::1 " +
			"::ffff:10.0.0.1 ::ffff:192.168.1.1 64:ff9b::10.0.0.1 64:ff9b::c0a8:101",
		classLoopback:  "127.0.0.1 127.255.255.254 ::1 ::ffff:127.0.0.1 64:ff9b::127.0.0.1",
		classLinkLocal: "169.254.0.1 169.254.255.255 fe80::1 fe80::1%eth0 febf::1 ::ffff:169.254.1.1",
		classCarrier:   "100.64.0.1 100.127.255.255 64:ff9b::100.64.0.1",
		classMulticast: "224.0.0.1 239.255.255.255 ff02::1 ff0e::1",
		classSpecial: "0.0.0.0 0.1.2.3 192.0.0.8 192.0.2.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.7 240.0.0.1 " +
			"255.255.255.255 :: ::10.0.0.1 ::8.8.8.8 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:2::1 " +
			"2001:db8::1 3fff::1 5f00::1 4000::1 ::ffff:0:0 ::ffff:0:808:808 1::1",
		classTunnel: "2002:a00:1::1 2002:808:808::1 192.88.99.1 64:ff9b:1::a00:1 2a00:1450::5efe:10.0.0.1 " +
			"2a00:1450::200:5efe:10.0.0.1",
		classMetadata: "169.254.169.254 ::ffff:169.254.169.254 64:ff9b::169.254.169.254 169.254.170.2 168.63.129.16 " +
			"100.100.100.200 192.0.0.192 fd00:ec2::254 fd20:ce::254",
	}
	for class, addresses := range refused {
		for address := range strings.FieldsSeq(addresses) {
			var got *RefusedError
			if err := (Policy{}).Judge(netip.MustParseAddr(address)); !errors.As(err, &got) || got.class != class {
				t.Errorf("%s: %v, want %s", address, err, class)
			}
		}
	}
	for address := range strings.FieldsSeq("8.8.8.8 9.255.255.255 11.0.0.1 172.15.255.255 172.32.0.1 192.167.0.1 " +
		"192.169.0.1 126.0.0.1 128.0.0.1 169.253.0.1 169.255.0.1 100.63.255.255 100.128.0.1 223.255.255.255 " +
		"192.0.1.1 198.17.0.1 198.20.0.1 168.63.129.15 ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2a00:1450:4001::1 " +
		"2606:4700::1111 2003::1 2001:200::1 3ffe::1 2a00:1450::5eff:10.0.0.1") {
		if err := (Policy{}).Judge(netip.MustParseAddr(address)); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	if err := (Policy{}).Judge(netip.Addr{}); err == nil {
		t.Error("no address is taken")
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, allow, deny, only string
		taken, refused          string
	}{
		{
			name: "what is listed is allowed and nothing beside it", allow: "10.20.0.0/16, fd12::/48",
			taken:   "10.20.0.1 ::ffff:10.20.0.1 64:ff9b::10.20.0.1 fd12::1 8.8.8.8",
			refused: "10.21.0.1 64:ff9b::10.21.0.1 fd13::1 127.0.0.1",
		},
		{
			name: "a large network does not bring the metadata service", allow: "0.0.0.0/0 ::/0",
			taken:   "10.0.0.1 127.0.0.1 ::1",
			refused: "169.254.169.254 ::ffff:169.254.169.254 168.63.129.16 fd00:ec2::254",
		},
		{
			name: "the address itself does", allow: "169.254.169.254",
			taken: "169.254.169.254 64:ff9b::169.254.169.254", refused: "169.254.169.253",
		},
		{
			name: "deny wins", allow: "10.0.0.0/8 10.1.2.3", deny: "10.1.0.0/16 9.9.9.0/24 2a00::/16",
			taken: "10.2.0.1 9.9.8.1", refused: "10.1.2.3 9.9.9.9 64:ff9b::9.9.9.9 2a00::1",
		},
		{
			name: "only", allow: "10.0.0.0/8", only: "127.0.0.0/8 ::1",
			taken: "127.0.0.1 ::1 ::ffff:127.0.0.1", refused: "10.0.0.1 8.8.8.8 2606:4700::1111",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := Policy{
				Allow: prefixes(t, test.allow), Deny: prefixes(t, test.deny), Only: prefixes(t, test.only),
			}
			for address := range strings.FieldsSeq(test.taken) {
				if err := p.Judge(netip.MustParseAddr(address)); err != nil {
					t.Errorf("%s: %v", address, err)
				}
			}
			for address := range strings.FieldsSeq(test.refused) {
				if err := p.Judge(netip.MustParseAddr(address)); err == nil {
					t.Errorf("%s is taken", address)
				}
			}
		})
	}
}

// TestControl: what cannot be read is refused.
func TestControl(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		network, address string
		taken            bool
	}{
		{"tcp4", "8.8.8.8:443", true},
		{"tcp6", "[2606:4700::1111]:8443", true},
		{"tcp4", "8.8.8.8:0", false},
		{"tcp4", "10.0.0.1:443", false},
		{"tcp6", "[fe80::1%lo]:443", false},
		{"udp4", "8.8.8.8:443", false},
		{"unix", "/run/docker.sock", false},
		{"tcp4", "example.com:443", false},
		{"tcp4", "", false},
	} {
		if err := (Policy{}).Control(t.Context(), test.network, test.address, nil); (err == nil) != test.taken {
			t.Errorf("%s %s: %v", test.network, test.address, err)
		}
	}
}

// TestDialerAsksBeforeItConnects: a listener that is refused never sees anybody.
func TestDialerAsksBeforeItConnects(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"127.0.0.1:9", "[::1]:9", "localhost:9", "[::ffff:127.0.0.1]:9", "0.0.0.0:9"} {
		conn, err := (Policy{}).Dialer(0).DialContext(t.Context(), "tcp", name)
		if err == nil {
			_ = conn.Close()
		}
		var refused *RefusedError
		if !errors.As(err, &refused) || strings.Contains(refused.Error(), "127") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseList(t *testing.T) {
	t.Parallel()
	got := prefixes(t, " 10.20.0.0/16,fd12::/48\n192.0.2.7 , ::1 ::ffff:10.0.0.1")
	want := []string{"10.20.0.0/16", "fd12::/48", "192.0.2.7/32", "::1/128", "10.0.0.1/32"}
	for i, prefix := range got {
		if len(got) != len(want) || prefix.String() != want[i] {
			t.Fatalf("list is %v", got)
		}
	}
	for _, wrong := range []string{
		"10.20.0.1/16", "example.com", "10.0.0.0/33", "10.0.0.0/8;11.0.0.0/8", "fe80::1%eth0",
		"::ffff:10.0.0.0/104",
	} {
		if list, err := ParseList(wrong); err == nil || list != nil {
			t.Errorf("%q: %v", wrong, list)
		}
	}
	if list, err := ParseList(" , "); err != nil || list != nil {
		t.Errorf("nothing is %v, %v", list, err)
	}
}

// FuzzJudge: no way of writing an IPv4 address as IPv6 makes a private one public.
func FuzzJudge(f *testing.F) {
	for _, seed := range []string{"10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "fe80::1%x"} {
		address := netip.MustParseAddr(seed)
		bytes := address.As16()
		f.Add(bytes[:])
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		address, ok := netip.AddrFromSlice(raw)
		if !ok {
			return
		}
		if (Policy{}).Judge(address) != nil {
			return
		}
		for _, a := range []netip.Addr{address, plain(address)} {
			if a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() ||
				!a.IsGlobalUnicast() {
				t.Errorf("%s is taken", a)
			}
		}
	})
}
